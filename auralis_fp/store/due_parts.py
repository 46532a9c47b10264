"""Results that lack parts: which files they are of, and the parts that are computed for them."""

import json
import sqlite3
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from .. import schema
from ..files.paths import sort_range
from ..models import FileStamp, Part
from ..schema.parts import PartKind
from . import fingerprints, parts
from .clock import limits, reached
from .database import Database
from .fingerprints import current
from .observations import below
from .stamps import stamp_from_row, to_sql

LONGEST_PAUSE_SEC: Final = 31 * 86_400.0  # more than any postponement


@dataclass(frozen=True, slots=True)
class DuePart:
    """A file whose current result lacks parts.

    ``digest`` is the payload digest of its result; None if that is what it lacks. ``content`` is its content id.
    """

    file_id: int
    path: bytes
    stamp: FileStamp
    missing: tuple[PartKind, ...]
    content: bytes | None
    digest: bytes | None


class DueParts:
    """Files that are due for a back-fill.

    Parameters
    ----------
    database : Database
    wanted : collection of PartKind
        The parts that every result is to have.
    """

    def __init__(self, database: Database, wanted: Collection[PartKind]) -> None:
        self._database = database
        self._wanted = sorted(wanted)

    async def prepare(self) -> None:
        """Note the wanted parts; if they are others than before, look for all results that lack one."""

        def operation(db: sqlite3.Connection) -> None:
            rows = db.execute("SELECT name, version FROM part_kinds ORDER BY name").fetchall()
            if rows and [tuple(row) for row in rows] == self._wanted:
                return
            db.execute("DELETE FROM part_kinds")
            db.executemany("INSERT INTO part_kinds (name, version) VALUES (?, ?)", self._wanted)
            db.execute("DELETE FROM parts_due")
            db.execute(f"INSERT INTO parts_due (file_id) SELECT p.file_id FROM fingerprints p WHERE {parts.LACKING}")

        await self._database.write(operation)

    async def due(self, limit: int, blocked: Sequence[bytes] = ()) -> list[DuePart]:
        """Return files whose current result lacks parts, newest first; those with a job are left to it.

        Parameters
        ----------
        limit : int
        blocked : sequence of bytes
            Folders whose files are skipped.
        """
        outside = "".join(" AND NOT " + below("f.path") for _ in blocked)
        rows = await self._database.read(
            "SELECT f.id, f.path, f.size, f.mtime_ns, f.ctime_ns, f.inode, p.content, p.payload_digest,"
            " (SELECT json_group_array(q.name || ' ' || q.version) FROM parts q WHERE q.file_id = f.id) AS known"
            " FROM parts_due d CROSS JOIN files f ON f.id = d.file_id CROSS JOIN fingerprints p ON p.file_id = f.id"
            f" WHERE {reached('d.not_before')} AND f.missing_since IS NULL"
            f" AND {current('p', str(schema.ALGORITHM_VERSION))} AND f.id NOT IN (SELECT file_id FROM jobs){outside}"
            " ORDER BY d.file_id DESC LIMIT ?",
            (
                *limits(time.time(), LONGEST_PAUSE_SEC),
                *(bound for folder in blocked for bound in sort_range(folder)),
                limit,
            ),
        )
        return [self._due_part(row) for row in rows]

    def _due_part(self, row: sqlite3.Row) -> DuePart:
        known = set(json.loads(row["known"]))
        missing = tuple(kind for kind in self._wanted if f"{kind.name} {kind.version}" not in known)
        return DuePart(row["id"], row["path"], stamp_from_row(row), missing, row["content"], row["payload_digest"])

    async def waiting(self) -> int:
        """Return how many files that are present lack parts."""
        (row,) = await self._database.read(  # all but those that are missing or queued, which are fewer
            "SELECT (SELECT number FROM parts_due_count)"
            " - (SELECT count(*) FROM jobs j CROSS JOIN parts_due d ON d.file_id = j.file_id)"
            " - (SELECT count(*) FROM files f JOIN parts_due d ON d.file_id = f.id WHERE f.missing_since IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.file_id = f.id)) AS number"
        )
        return int(row["number"])

    async def record(self, due: DuePart, computed: Sequence[Part], stamp: FileStamp, *, sidecar_pending: bool) -> bool:
        """Store parts beside the result of a file, which is confirmed by that.

        Parameters
        ----------
        due : DuePart
        computed : sequence of Part
            Made from audio with the payload digest of the result.
        stamp : FileStamp
            Of the file before and after it was read.
        sidecar_pending : bool
            Write the sidecar again, with the parts.

        Returns
        -------
        bool
            False if the file or its result has changed meanwhile.
        """

        def operation(db: sqlite3.Connection) -> bool:
            held = db.execute(
                "SELECT 1 FROM fingerprints p JOIN files f ON f.id = p.file_id WHERE f.id = ? AND f.size = ?"
                f" AND f.mtime_ns = ? AND p.payload_digest = ? AND {current('p', str(schema.ALGORITHM_VERSION))}",
                (due.file_id, stamp.size, to_sql(stamp.mtime_ns), due.digest),
            ).fetchall()
            if not held:
                return False
            parts.put(db, due.file_id, computed)
            fingerprints.confirm(db, due.file_id, stamp)
            db.execute("DELETE FROM unconfirmed WHERE file_id = ?", (due.file_id,))
            db.execute(  # the similarity index follows this log
                "UPDATE vector_changes SET sequence = (SELECT max(sequence) + 1 FROM vector_changes) WHERE file_id = ?",
                (due.file_id,),
            )
            if sidecar_pending:
                db.execute("INSERT OR IGNORE INTO sidecars_owed VALUES (?)", (due.file_id,))
            return True

        return await self._database.write(operation)

    async def postpone(self, file_id: int, until: float) -> None:
        """Leave a file alone until a Unix time."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("UPDATE parts_due SET not_before = ? WHERE file_id = ?", (until, file_id))

        await self._database.write(operation)
