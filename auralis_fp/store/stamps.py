"""Stamps in SQL: how times and inodes that exceed SQLite's integers are stored."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from ..models import FileStamp

_LARGEST: Final = 2**63 - 1

Row = sqlite3.Row | Mapping[str, Any]


def to_sql(number: int | None) -> int | bytes | None:
    """Return a number as it is stored: as an integer, or as decimal digits in a BLOB if it needs more than 64 bits.

    File systems hold modification times after the year 2262, which exceed 64 bits in nanoseconds. A BLOB has no column
    affinity, so it is stored and compared exactly.
    """
    if number is None or -_LARGEST - 1 <= number <= _LARGEST:
        return number
    return b"%d" % number


def from_sql(value: int | bytes, damaged: int = 0) -> int:
    """Return the number that ``to_sql`` stored.

    Parameters
    ----------
    value : int or bytes
    damaged : int, optional
        Returned for a value that is no such number: the file then counts as changed, and the next sweep replaces it.
    """
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return damaged


def stamp_from_row(row: Row, prefix: str = "") -> FileStamp:
    """Return the stamp in the columns ``size``, ``mtime_ns``, ``ctime_ns`` and ``inode`` of a row.

    Parameters
    ----------
    row : mapping or database row
    prefix : str, optional
        Prefix of the column names.
    """
    ctime_ns, inode = row[f"{prefix}ctime_ns"], row[f"{prefix}inode"]
    return FileStamp(
        from_sql(row[f"{prefix}size"], damaged=-1),
        from_sql(row[f"{prefix}mtime_ns"]),
        None if ctime_ns is None else from_sql(ctime_ns),
        None if inode is None else from_sql(inode),
    )
