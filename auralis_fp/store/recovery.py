"""A database that is damaged, and the new one in its place."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from ..errors import StorageError
from .lock import hold_lock

_BESIDE: Final = ("-wal", "-shm")  # what SQLite keeps beside a database that is open, or was when the power failed


def set_aside(database: Path) -> Path | None:
    """Move a database out of the way; the next start makes a new one and takes over what the sidecars hold.

    Nothing is deleted. Blocks.

    Returns
    -------
    Path or None
        Where it lies now; None if there was none.

    Raises
    ------
    StorageError
        ``in_use`` by another program, or ``unwritable``.
    """
    if not database.exists():
        return None
    kept = database.with_name(f"{database.name}.{time.strftime('%Y%m%d-%H%M%S')}.broken")
    with hold_lock(database.parent / "lock"):
        try:
            for ending in (*_BESIDE, ""):  # the database last: its log must never be found beside a new one
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{database}{ending}", f"{kept}{ending}")
        except OSError as error:
            raise StorageError(
                "unwritable", f"the database {database} cannot be set aside: {error.strerror}"
            ) from error
    return kept


def ended_badly(database: Path) -> bool:
    """Say whether the program that used a database last had no chance to close it. Blocks."""
    try:
        return os.stat(f"{database}-wal").st_size > 0
    except OSError:
        return False


def damaged(database: Path, error: sqlite3.DatabaseError | str) -> StorageError:
    """Return the refusal of a database that cannot be believed, with the way out."""
    return StorageError(
        "corrupt_database",
        f"the database {database} is damaged ({error}); start with --rebuild to set it aside"
        " and take over what the sidecars hold",
    )
