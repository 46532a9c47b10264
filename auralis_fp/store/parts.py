"""The ``parts`` table: what is computed in the same decode as a fingerprint, with versions of its own."""

import sqlite3
from collections.abc import Iterable

from ..models import Part


def put(db: sqlite3.Connection, file_id: int, parts: Iterable[Part]) -> None:
    """Store parts of a file beside its fingerprint, whose storing has removed earlier ones.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
    parts : iterable of Part
    """
    db.executemany(
        "INSERT OR REPLACE INTO parts (file_id, name, version, data) VALUES (?, ?, ?, ?)",
        [(file_id, part.name, part.version, part.data) for part in parts],
    )


def copy(db: sqlite3.Connection, file_id: int, digest: bytes) -> None:
    """Store the parts of the same audio for another file.

    Parameters
    ----------
    db : sqlite3.Connection
    file_id : int
        The file that receives the copy.
    digest : bytes
        Payload digest of its audio.
    """
    db.execute(
        "INSERT OR REPLACE INTO parts (file_id, name, version, data) SELECT ?, q.name, q.version, q.data"
        " FROM fingerprints p JOIN parts q ON q.file_id = p.file_id"
        " WHERE p.payload_digest = ? AND p.file_id != ? GROUP BY q.name",
        (file_id, digest, file_id),
    )
