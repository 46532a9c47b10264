"""Track ids and titles from the host's library database, opened read-only for each query.

The database belongs to another program: it may be locked, missing, moved, or have another schema, which only costs the
titles. These functions block; call them in a thread.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ..errors import StorageError

PATIENCE_SEC: Final = 1.0  # waiting for a lock of another program
PATHS_PER_QUERY: Final = 200


class HostLibrary:
    """Queries the host's database.

    Parameters
    ----------
    path : Path
        An SQLite file with a table ``tracks`` that has ``id``, ``title`` and ``filepath``.
    """

    def __init__(self, path: Path) -> None:
        self._address = f"{path.absolute().as_uri()}?mode=ro"

    def path_of(self, track_id: int) -> bytes | None:
        """Return the path of a track, or None if the host has no such track.

        Raises
        ------
        StorageError
            The database cannot be read: ``host_library_busy`` or ``host_library``.
        """
        with self._opened() as database:
            row = database.execute("SELECT filepath FROM tracks WHERE id = ?", (track_id,)).fetchone()
        if row is None or not isinstance(row[0], str) or "\0" in row[0]:
            return None
        return os.fsencode(row[0])

    def titles(self, paths: Sequence[bytes]) -> dict[bytes, str]:
        """Return the titles of the *paths* in the host's library.

        Raises
        ------
        StorageError
            As for ``path_of``.
        """
        names = [name for name in map(os.fsdecode, paths) if _is_text(name)]
        found: dict[bytes, str] = {}
        with self._opened() as database:
            for start in range(0, len(names), PATHS_PER_QUERY):
                some = names[start : start + PATHS_PER_QUERY]
                marks = ", ".join("?" * len(some))
                rows = database.execute(f"SELECT filepath, title FROM tracks WHERE filepath IN ({marks})", some)
                found |= {os.fsencode(path): title for path, title in rows if isinstance(title, str) and title}
        return found

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._address, uri=True, timeout=PATIENCE_SEC)) as database:
                yield database
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            code = "host_library_busy" if busy else "host_library"
            raise StorageError(code, f"The player's library cannot be read: {error}.") from error


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # not valid text, while the host's column holds text
        return False
    return "\0" not in name
