"""``export`` and ``import``: all results as JSON lines, CSV or Parquet."""

import asyncio
import contextlib
import gc
import itertools
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from ..errors import AuralisError
from ..files.atomic import open_folder, replacing
from ..settings import Settings
from ..store.database import Database, open_database
from ..store.export import exporting
from ..store.salvage import all_results
from ..store.transfer import Result, import_results, result_from_json
from .output import TableFormat
from .rows import record_of_row
from .tables import Writer, parquet_rows, writer

STANDARD: Final = "-"
MAX_LINE: Final = 64 << 10  # bytes; exported lines have about 2 kB
BATCH: Final = 500
SHOWN: Final = 20  # invalid lines reported individually


class TransferError(AuralisError):
    """The file cannot be read or written; the message states the reason."""


async def export_results(settings: Settings, file: str, kind: TableFormat = "ndjson") -> int:
    """Write all results to a file, atomically, or to standard output.

    Parameters
    ----------
    settings : Settings
    file : str
        ``-`` for standard output.
    kind : str
        Format of the file.

    Returns
    -------
    int
        Exit code: 0 success, 1 some results are damaged and were left out.
    """
    if kind == "parquet" and file == STANDARD:
        raise TransferError("Parquet is not written to standard output; give the name of a file")
    lost = _LostResults()
    with _no_garbage_collection():
        async with open_database(settings.database, read_only=True) as database:
            if file == STANDARD:
                await _write(database, writer(kind, sys.stdout.buffer), lost)
                sys.stdout.flush()
            else:
                try:
                    written = await _replace(database, Path(file), kind, lost)
                except OSError as error:
                    raise TransferError(f"{file} cannot be written: {error.strerror or error}") from error
                print(f"{written} results written to {_printable(file)}", file=sys.stderr)
    return lost.summarise()


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Suspend the search for cycles: records have none, and it takes a fifth of the time of an export."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _LostResults:
    """Counts results that cannot be read and names the first ones."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, which: bytes | int) -> None:
        """Count and name a result, by its path or the id of its file."""
        self._count += 1
        if self._count <= SHOWN:
            name = f"file {which}" if isinstance(which, int) else _printable(os.fsdecode(which))
            print(f"{name}: the stored result cannot be read", file=sys.stderr)

    def summarise(self) -> int:
        """Print how many results were left out and what to do; return the exit code."""
        if not self._count:
            return 0
        print(
            f"{self._count} results are damaged and were left out. The service restores single ones by itself; after"
            " damage to the database file, start it once with --rebuild: it uses the daily backup, the sidecars and"
            " what can be read of the damaged file.",
            file=sys.stderr,
        )
        return 1


async def _write(database: Database, target: Writer[Any], lost: _LostResults) -> int:
    written = 0
    async for found in all_results(database, exporting(target.form), lost.add):
        await asyncio.to_thread(target.add, found)
        written += len(found)
    await asyncio.to_thread(target.close)
    return written


async def _replace(database: Database, target: Path, kind: TableFormat, lost: _LostResults) -> int:
    """Replace *target* atomically by a file that only its owner can read, because it lists the library."""
    with open_folder(os.fsencode(target.parent)) as folder:
        if folder is None:
            raise FileNotFoundError(2, "the folder does not exist")
        with replacing(folder, os.fsencode(target.name), 0o600) as file:
            return await _write(database, writer(kind, file), lost)


async def import_file(settings: Settings, file: str) -> int:
    """Import what ``export`` or ``analyze --output`` wrote; invalid lines are reported and skipped.

    Parameters
    ----------
    settings : Settings
    file : str
        JSON lines, Parquet, or a folder of parts in Parquet; ``-`` for JSON lines from standard input.

    Returns
    -------
    int
        Exit code: 0 success, 1 some lines were invalid.
    """
    bad = _InvalidLines()
    stored = known = 0
    parts: list[Path] = []
    with contextlib.ExitStack() as closing:
        source = sys.stdin.buffer
        try:
            if file != STANDARD and not (parts := await asyncio.to_thread(_parts, file)):
                source = closing.enter_context(_open(file))
        except OSError as error:
            raise TransferError(f"{file} cannot be read: {error.strerror}") from error
        lines = _results_in(source, bad) if not parts else _results_in_parts(parts, bad)
        async with open_database(settings.database) as database:
            while batch := await asyncio.to_thread(lambda: list(itertools.islice(lines, BATCH))):
                taken = await import_results(database, batch)
                stored += taken.stored
                known += taken.known
    print(f"{stored} results stored, {known} already known, {bad.count} invalid lines", file=sys.stderr)
    return 1 if bad.count else 0


def _parts(file: str) -> list[Path]:
    """Return the Parquet files that a name stands for; none if it is no Parquet. Blocking."""
    path = Path(file)
    if path.is_dir():
        found = sorted(path.glob("part-*.parquet"))
        if not found:
            raise FileNotFoundError(2, "the folder has no part-*.parquet")
        return found
    with path.open("rb") as start:
        return [path] if start.read(4) == b"PAR1" else []


def _results_in_parts(parts: Sequence[Path], bad: "_InvalidLines") -> Iterator[Result]:
    """Yield the results in Parquet files. Blocking."""
    number = 0
    for part in parts:
        try:
            for values in parquet_rows(str(part), BATCH):
                number += 1
                try:
                    yield result_from_json(record_of_row(values))
                except ValueError as error:
                    bad.add(number, _message(error))
        except (OSError, ValueError) as error:
            bad.add(number + 1, f"{part.name} cannot be read: {error}")


def _open(file: str) -> IO[bytes]:
    return Path(file).open("rb")


class _InvalidLines:
    """Counts invalid lines and reports the first ones."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, reason: str) -> None:
        """Count and report a line."""
        self.count += 1
        if self.count <= SHOWN:
            print(f"line {number}: {_printable(reason)}", file=sys.stderr)
        elif self.count == SHOWN + 1:
            print("further invalid lines are counted only", file=sys.stderr)


def _results_in(source: IO[bytes], bad: _InvalidLines) -> Iterator[Result]:
    """Yield the results in a stream. Blocking."""
    for number, line in enumerate(_lines(source), start=1):
        if not line.strip():
            continue
        try:
            if len(line) > MAX_LINE:
                raise ValueError("too long")
            yield result_from_json(json.loads(line))
        except (ValueError, RecursionError) as error:
            bad.add(number, _message(error))


def _lines(source: IO[bytes]) -> Iterator[bytes]:
    """Yield lines; those that are too long are truncated to bound memory."""
    while line := source.readline(MAX_LINE + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > MAX_LINE:
            rest = source.readline(MAX_LINE + 1)
        yield line


def _message(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "not JSON"
    return str(error)


def _printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")
