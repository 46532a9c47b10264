"""The layout of the database: numbered migrations, columns of new dimensions, and which versions can be opened."""

import re
import sqlite3
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..errors import StorageError
from .fingerprints import add_missing_columns, missing_columns, unknown_columns


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return the numbered migrations in order: resulting version, SQL."""
    folder = files(__package__) / "migrations"
    scripts = [entry for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)]
    return tuple(
        (int(entry.name[:4]), entry.read_text(encoding="utf-8"))
        for entry in sorted(scripts, key=lambda entry: entry.name)
    )


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Create or upgrade the tables: each migration with its version number, and new dimensions, in one transaction.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode.
    path : Path
        The database file, for error messages.

    Raises
    ------
    StorageError
        ``newer_database``.
    """
    check_version(connection, path, complete=False)
    for version, sql in migrations():
        with _Transaction(connection):
            if version > _version(connection):
                for statement in _statements(sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
    if missing_columns(connection):
        with _Transaction(connection):
            add_missing_columns(connection)


def check_version(connection: sqlite3.Connection, path: Path, *, complete: bool) -> None:
    """Refuse a database of a newer version and, if *complete*, one that needs an upgrade.

    Parameters
    ----------
    connection : sqlite3.Connection
    path : Path
        The database file, for error messages.
    complete : bool

    Raises
    ------
    StorageError
        ``newer_database`` or ``outdated_database``.
    """
    version, newest = _version(connection), migrations()[-1][0]
    unknown = unknown_columns(connection)
    if version > newest or unknown:
        layout = f"its layout is {version}, this program knows up to {newest}"
        if version <= newest:
            layout = f"it has the unknown columns {', '.join(sorted(unknown))}"
        raise StorageError(
            "newer_database", f"the database {path} was made by a newer version of this program ({layout})"
        )
    if complete and (version < newest or missing_columns(connection)):
        raise StorageError("outdated_database", f"the database {path} is of an older version; a scan upgrades it")


class _Transaction:
    """Context manager: commit on success, roll back on any exception."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()


def _version(connection: sqlite3.Connection) -> int:
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # raises if the file is not a database
    (row,) = connection.execute("PRAGMA user_version").fetchall()
    return int(row[0])


def _statements(script: str) -> Iterable[str]:
    """Split a script into statements; ``executescript`` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
