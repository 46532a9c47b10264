"""The ``parts`` table: what is computed in the same decode as a fingerprint, with versions of its own.

``part_kinds`` lists the parts that every result is to have. Whenever a result is stored that lacks one of them in its
present version, or the payload digest, its file is due for a back-fill (see ``due_parts``).
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from ..models import Part
from .database import Database

#: SQL condition that a row `p` of `fingerprints` lacks something.
LACKING: Final = (
    "(p.payload_digest IS NULL OR EXISTS (SELECT 1 FROM part_kinds k WHERE NOT EXISTS"
    " (SELECT 1 FROM parts q WHERE q.file_id = p.file_id AND q.name = k.name AND q.version = k.version)))"
)


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
    _note_due(db, file_id)


def of_audio(db: sqlite3.Connection, digest: bytes) -> tuple[Part, ...]:
    """Return the parts that any file with this payload digest has, the newest version of each.

    Parameters
    ----------
    db : sqlite3.Connection
    digest : bytes
    """
    rows = db.execute(
        "SELECT q.name, max(q.version) AS version, q.data FROM fingerprints p JOIN parts q ON q.file_id = p.file_id"
        " WHERE p.payload_digest = ? GROUP BY q.name",
        (digest,),
    )
    return tuple(Part(row["name"], row["version"], row["data"]) for row in rows.fetchall())


def of_file(db: sqlite3.Connection, file_id: int) -> tuple[Part, ...]:
    """Return the parts of one file."""
    rows = db.execute("SELECT name, version, data FROM parts WHERE file_id = ? ORDER BY name", (file_id,)).fetchall()
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


def _note_due(db: sqlite3.Connection, file_id: int) -> None:
    """Note whether a file lacks something, in the transaction that stored its result."""
    db.execute("DELETE FROM parts_due WHERE file_id = ?", (file_id,))
    db.execute(
        f"INSERT INTO parts_due (file_id) SELECT p.file_id FROM fingerprints p WHERE p.file_id = ? AND {LACKING}",
        (file_id,),
    )
