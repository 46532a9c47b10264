"""``export`` and ``import``: all results as JSON, one a line."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from ..errors import AuralisError
from ..runtime.serialization import to_json
from ..settings import Settings
from ..store.database import Database, open_database
from ..store.transfer import Result, import_results, result_from_json, result_record, results

STANDARD: Final = "-"
LONGEST_LINE: Final = 64 << 10  # bytes; ours have about 2 kB, and paths have their limits
BATCH: Final = 500
SHOWN: Final = 20  # bad lines named one by one


class TransferError(AuralisError):
    """The file to read or write cannot be used; the sentence says why."""


async def export_results(settings: Settings, file: str) -> int:
    """Write every stored result to *file*, whole or not at all, or to standard output.

    Returns
    -------
    int
        Exit code, 0.
    """
    async with open_database(settings.database, read_only=True) as database:
        if file == STANDARD:
            await _write(database, sys.stdout)
            sys.stdout.flush()
            return 0
        try:
            written = await _replace(database, Path(file))
        except OSError as error:
            raise TransferError(f"{file} cannot be written: {error.strerror}") from error
    print(f"{written} results written to {_printable(file)}", file=sys.stderr)
    return 0


async def _write(database: Database, stream: IO[str]) -> int:
    written, last = 0, b""
    while page := await results(database, last, BATCH):
        last = page[-1].path
        lines = "".join(to_json(result_record(result)) + "\n" for result in page)
        await asyncio.to_thread(stream.write, lines)
        written += len(page)
    return written


async def _replace(database: Database, target: Path) -> int:
    """Write beside *target* first, and put it in place when it is complete and on the disk."""
    partial = target.with_name(f".{target.name[:200]}.partial-{os.getpid()}")
    try:
        with _private(partial) as stream:
            written = await _write(database, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    return written


def _private(path: Path) -> IO[str]:
    """Open a new file that only its owner may read: it lists what is in the library."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii", newline="\n")


async def import_file(settings: Settings, file: str) -> int:
    """Store what ``export`` wrote; lines that are not results are named and left out.

    Returns
    -------
    int
        Exit code: 0 all good, 1 some lines were bad.
    """
    bad = _BadLines()
    stored = known = 0
    with contextlib.ExitStack() as closing:
        source = sys.stdin.buffer
        if file != STANDARD:
            try:
                source = closing.enter_context(_open(file))
            except OSError as error:
                raise TransferError(f"{file} cannot be read: {error.strerror}") from error
        lines = _results_in(source, bad)
        async with open_database(settings.database) as database:
            while batch := await asyncio.to_thread(lambda: list(itertools.islice(lines, BATCH))):
                taken = await import_results(database, batch)
                stored += taken.stored
                known += taken.known
    print(f"{stored} results stored, {known} known already, {bad.count} bad lines", file=sys.stderr)
    return 1 if bad.count else 0


def _open(file: str) -> IO[bytes]:
    return Path(file).open("rb")


class _BadLines:
    """Lines that were no results; the first few are named as they come."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, reason: str) -> None:
        """Count a line, and name it."""
        self.count += 1
        if self.count <= SHOWN:
            print(f"line {number}: {_printable(reason)}", file=sys.stderr)
        elif self.count == SHOWN + 1:
            print("further bad lines are counted only", file=sys.stderr)


def _results_in(source: IO[bytes], bad: _BadLines) -> Iterator[Result]:
    """Yield the results of the lines. Blocks."""
    for number, line in enumerate(_lines(source), start=1):
        if not line.strip():
            continue
        try:
            if len(line) > LONGEST_LINE:
                raise ValueError("too long")
            yield result_from_json(json.loads(line))
        except (ValueError, RecursionError) as error:
            bad.add(number, _wording(error))


def _lines(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines, of those that are too long the beginning: memory is not for the file to choose."""
    while line := source.readline(LONGEST_LINE + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > LONGEST_LINE:
            rest = source.readline(LONGEST_LINE + 1)
        yield line


def _wording(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "not JSON"
    return str(error)


def _printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")
