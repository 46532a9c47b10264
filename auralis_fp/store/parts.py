"""The ``parts`` table: what is computed in the same decode as a fingerprint, with versions of its own."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from ..models import Part
from .database import Database


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


def of_file(db: sqlite3.Connection, file_id: int) -> tuple[Part, ...]:
    """Return the parts of one file, in a transaction."""
    rows = db.execute("SELECT name, version, data FROM parts WHERE file_id = ? ORDER BY name", (file_id,))
    return tuple(Part(row["name"], row["version"], row["data"]) for row in rows)


async def of(database: Database, file_ids: Sequence[int]) -> dict[int, tuple[Part, ...]]:
    """Return the parts of files by id; files without any are left out.

    Parameters
    ----------
    database : Database
    file_ids : sequence of int
    """
    rows = await database.read(
        "SELECT file_id, name, version, data FROM parts"
        " WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY name",
        (json.dumps(list(file_ids)),),
    )
    found: dict[int, tuple[Part, ...]] = {}
    for row in rows:
        found[row["file_id"]] = (*found.get(row["file_id"], ()), Part(row["name"], row["version"], row["data"]))
    return found
