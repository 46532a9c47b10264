"""``duplicates``: files with the same recording."""

import argparse
import os
import sys

from ..engine.duplicates import DuplicateFile, DuplicateGroup, Duplicates, DuplicatesAnswer
from ..runtime.serialization import to_json
from ..settings import Settings
from ..similarity.process import IndexProcess
from ..store.database import open_database
from ..store.files import Library
from .output import one_line

_PAGE = 500
_TITLES = {
    "same_recording": "same recording",
    "other_length": "same recording, other length",
    "candidate": "candidate: same numbers and length, not compared",
}


async def duplicates(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print groups of files with the same recording, a group a paragraph, or as JSON lines.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace
        Those of the command.

    Returns
    -------
    int
        Exit code, 0.
    """
    total, found = 0, None
    async with open_database(settings.database, read_only=True) as database, IndexProcess(settings.database) as index:
        groups = Duplicates(Library(database), index)
        offset: int | None = 0
        while offset is not None:
            found = await groups.groups(_PAGE, offset)
            for group in found.items:
                total += 1
                if arguments.json:
                    print(to_json(group))
                else:
                    _write(group, first=total == 1)
            offset = found.next
    sys.stdout.flush()
    if found is not None:
        print(_summary(found, total), file=sys.stderr)
    return 0


def _summary(found: DuplicatesAnswer, total: int) -> str:
    missing = found.library - found.compared
    text = f"{total} groups in {found.library} files."
    return f"{text} {missing} files have no bits to compare until they are analysed again." if missing else text


def _write(group: DuplicateGroup, *, first: bool) -> None:
    """Write a group with the bytes of its paths."""
    lines = [] if first else [b""]
    lines.append(_TITLES[group.kind].encode())
    lines += [b"  " + os.fsencode(one_line(one.path)) + f"\t{_described(one)}".encode() for one in group.files]
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n".join(lines) + b"\n")


def _described(one: DuplicateFile) -> str:
    minutes, seconds = divmod(round(one.duration_sec), 60)
    parts = [
        one.codec,
        f"{one.sample_rate} Hz",
        f"{minutes}:{seconds:02d}",
        f"{one.lufs:.1f} LUFS",
        f"{one.size} bytes",
    ]
    parts += [warning.replace("_", " ") for warning in one.warnings]
    return ", ".join(parts) + (f"  (best: {one.why})" if one.best else "")
