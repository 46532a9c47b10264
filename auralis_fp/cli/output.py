"""Output for people: printable text, and tables (tab-separated lines in a pipe)."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

TableFormat = Literal["ndjson", "csv", "parquet"]
"""Formats of an export."""


def announce(text: str, stream: TextIO | None = None) -> None:
    """Print what a service has to say; it goes on if its output is not read, or the disk with its log is full.

    Parameters
    ----------
    text : str
    stream : TextIO, optional
        Default: standard output.
    """
    stream = sys.stdout if stream is None else stream
    try:
        print(text, file=stream, flush=True)
    except OSError:
        discard(stream)


def discard(stream: TextIO) -> None:
    """Discard what is buffered in a stream that cannot be written, and all that follows."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def printable(text: str) -> str:
    """Return text that any terminal can display; file names may contain control characters."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    encoding = sys.stdout.encoding or "ascii"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def print_table(title: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table.

    Parameters
    ----------
    title : str
        Printed on a terminal only.
    columns : sequence of str
        Headings, printed on a terminal only.
    rows : iterable of tuple of str
    """
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(printable(cell) for cell in row))
        return
    from rich.console import Console  # slow to import
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(title))
    table = Table(*columns)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


def one_line(path: str) -> str:
    """Return a path with its control characters escaped, for lines that programs read."""
    return "".join(char if char.isprintable() or ord(char) > 127 else f"\\x{ord(char):02x}" for char in path)
