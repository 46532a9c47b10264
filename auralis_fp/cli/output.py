"""Output for people: printable text and tables."""

import sys
from collections.abc import Iterable
from typing import Final

_WIDTH_ELSEWHERE: Final = 160  # columns, if the output is not a terminal


def printable(text: str) -> str:
    """Return text that any terminal can display; file names may contain control characters."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    encoding = sys.stdout.encoding or "ascii"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def print_table(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table.

    Parameters
    ----------
    title : str
    columns : iterable of str
        Headings.
    rows : iterable of tuple
        Cells; they may contain any text.
    """
    from rich.console import Console  # slow to import, and not needed for JSON
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
    console.print(Text(title))
    table = Table(*columns)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
