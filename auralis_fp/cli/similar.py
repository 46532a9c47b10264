"""``similar``: the tracks of the database that sound like a file."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..engine.rejections import unknown_track
from ..engine.seeds import Seeds, Surroundings
from ..engine.similar_answers import SimilarTrack
from ..engine.similarity import SimilarRequest, SimilarTracksFinder
from ..errors import AuralisError
from ..files.access import PathPolicy
from ..runtime.serialization import to_json
from ..settings import Settings
from ..similarity.process import IndexProcess
from ..store.database import Database, open_database
from ..store.files import Library
from ..store.records import FileRecord
from .output import one_line, print_table, printable


class UnknownFileError(AuralisError):
    """A file that a command names is not in the database."""


async def similar(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the tracks that sound like a file, nearest first.

    A table on a terminal, tab-separated lines elsewhere, or JSON lines.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace
        Those of the command.

    Returns
    -------
    int
        Exit code: 0, or 1 if nothing is similar.
    """
    file = arguments.file
    async with offline_finder(settings) as (database, finder):
        found = await finder.similar(SimilarRequest(like=await seeds_of(database, [file]), limit=arguments.limit))
    if arguments.json:
        for track in found.items:
            print(to_json(track))
    elif sys.stdout.isatty():
        rows = [(f"{one.similarity:.2f}", f"{one.distance:.1f}", one.path, one.reason) for one in found.items]
        print_table(f"Similar to {printable(file)}", ("similarity", "distance", "file", "reason"), rows)
    else:
        _write(found.items)
    if found.note:
        print(found.note, file=sys.stderr)
    return 0 if found.items else 1


async def seeds_of(database: Database, files: Sequence[str]) -> Seeds:
    """Return files as seeds.

    Parameters
    ----------
    database : Database
    files : sequence of str
        Their paths, absolute or from the working directory.

    Raises
    ------
    UnknownFileError
        The database does not know one of them.
    """
    library, ids = Library(database), list[int]()
    for file in files:
        path, real = await asyncio.to_thread(_spellings, file)
        record = await library.by_path(path) or await library.by_path(real)
        if record is None:
            raise UnknownFileError(f"the database has no file {printable(file)}; scan its folder first")
        ids.append(record.id)
    return Seeds(files=ids)


def _spellings(file: str) -> tuple[bytes, bytes]:
    """Return the absolute path as given, and without links."""
    return os.fsencode(os.path.normpath(Path(file).absolute())), os.fsencode(os.path.realpath(file))


@asynccontextmanager
async def offline_finder(settings: Settings) -> AsyncIterator[tuple[Database, SimilarTracksFinder]]:
    """Open the database, and find similar tracks without a service."""

    async def no_track(track_id: int) -> FileRecord:
        raise unknown_track(track_id)

    async def no_titles(_: Sequence[bytes]) -> dict[bytes, str]:
        return {}

    surroundings = Surroundings(PathPolicy(settings.libraries, anywhere=True), no_track, no_titles)
    async with (
        open_database(settings.database, read_only=True) as database,
        IndexProcess(settings.database) as index,
    ):
        yield database, SimilarTracksFinder(Library(database), index, surroundings)


def _write(tracks: Sequence[SimilarTrack]) -> None:
    """Write a line for each track, with the bytes of its path; control characters are escaped."""
    for one in tracks:
        line = f"{one.similarity:.4f}\t{one.distance:.4f}\t".encode() + os.fsencode(one_line(one.path))
        sys.stdout.buffer.write(line + f"\t{one.reason}\n".encode())
    sys.stdout.flush()
