"""Checks of the database while it is in use, and the backup that ``--rebuild`` restores. These functions block."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .fingerprints import damaged
from .writer import decode_text

BACKUP_SUFFIX: Final = ".backup"
_DAMAGED: Final = (
    f"SELECT p.file_id, f.path FROM fingerprints p LEFT JOIN files f ON f.id = p.file_id WHERE {damaged('p')}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    ``pages`` describes the first damage of the file, None if there is none; ``rows`` lists the files whose stored
    result is invalid.
    """

    pages: str | None
    rows: tuple[tuple[int, bytes], ...] = ()


def inspect(database: Path) -> Report:
    """Check the pages of a database (SQLite's quick check) and the values in its fingerprints.

    Parameters
    ----------
    database : Path
        May be in use.
    """
    try:
        with _reading(database) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                return Report(str(found))
            return Report(None, tuple(connection.execute(_DAMAGED)))
    except sqlite3.DatabaseError as error:
        return Report(str(error))


def back_up(database: Path, older_than_sec: float = 0.0) -> bool:
    """Copy a database that may be in use, with SQLite's online backup; it replaces the earlier backup atomically.

    Parameters
    ----------
    database : Path
    older_than_sec : float
        Keep an earlier backup that is younger.

    Returns
    -------
    bool
        True if a backup was made.

    Raises
    ------
    OSError, sqlite3.Error
        The backup could not be made; an earlier one is kept.
    """
    backup = backup_of(database)
    with contextlib.suppress(FileNotFoundError):
        if 0 <= time.time() - backup.stat().st_mtime < older_than_sec:
            return False
    partial = backup.with_name(f"{backup.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600))
    try:
        with _reading(database) as source, contextlib.closing(sqlite3.connect(partial)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        _sync(partial)
        partial.replace(backup)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return True


def restore_backup(database: Path) -> bool:
    """Copy the backup to the place of a database that is not there. Return True if there was a usable one.

    Parameters
    ----------
    database : Path
    """
    backup = backup_of(database)
    if database.exists() or not backup.exists() or inspect(backup).pages is not None:
        return False
    database.touch(mode=0o600)
    with _reading(backup) as source, contextlib.closing(sqlite3.connect(database)) as target:
        source.backup(target)
        # sidecars may hold results that are newer than the backup
        target.execute("UPDATE jobs SET sidecar_checked = 0, claim = NULL WHERE afresh = 0")
        target.commit()
    _sync(database)
    return True


def backup_of(database: Path) -> Path:
    """Return the path of the backup of a database."""
    return database.with_name(database.name + BACKUP_SUFFIX)


@contextlib.contextmanager
def _reading(database: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = decode_text
        yield connection


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
