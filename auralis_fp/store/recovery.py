"""Recovery from a damaged database."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from ..errors import CORRUPT, StorageError
from .lock import hold_lock

_BESIDE: Final = ("-wal", "-shm")  # files of an open database, or of one that was not closed


def set_aside(database: Path) -> Path | None:
    """Rename a database, so that the next start creates a new one and reads the sidecars. Blocking.

    Nothing is deleted.

    Returns
    -------
    Path or None
        Its new path; None if there was no database.

    Raises
    ------
    StorageError
        ``in_use`` by another process, or ``unwritable``.
    """
    if not database.exists():
        return None
    kept = database.with_name(f"{database.name}.{time.strftime('%Y%m%d-%H%M%S')}.broken")
    with hold_lock(database.parent / "lock"):
        try:
            for ending in (*_BESIDE, ""):  # the database last: a new one must never find the old log
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{database}{ending}", f"{kept}{ending}")
        except OSError as error:
            raise StorageError(
                "unwritable", f"the database {database} cannot be set aside: {error.strerror}"
            ) from error
    return kept


def ended_badly(database: Path) -> bool:
    """Return True if the last process did not close the database. Blocking."""
    try:
        return os.stat(f"{database}-wal").st_size > 0
    except OSError:
        return False


def is_in_place(database: Path, opened: tuple[int, int] | None) -> bool:
    """Return True if a path still leads to the database that was opened there. Blocking.

    Parameters
    ----------
    database : Path
    opened : tuple of int or None
        What ``identity_of`` returned when it was opened.
    """
    return opened is None or identity_of(database) == opened


def identity_of(database: Path) -> tuple[int, int] | None:
    """Return what tells a file from any other that may lie at its path later; None if there is none. Blocking."""
    try:
        status = os.stat(database)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def damaged(database: Path, error: sqlite3.DatabaseError | str) -> StorageError:
    """Return the error for a damaged database; its message names the remedy.

    Parameters
    ----------
    database : Path
    error : sqlite3.DatabaseError or str
        What is wrong with it.
    """
    return StorageError(
        CORRUPT,
        f"the database {database} is damaged ({error}); start with --rebuild to set it aside"
        " and restore results from the sidecars",
    )
