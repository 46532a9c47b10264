"""Stored results as an export holds them, read several times as fast as ``transfer.Result``."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from .. import schema
from ..models import Part
from ..runtime.payloads import Fingerprint
from . import parts
from .database import Database
from .fingerprints import metadata_of
from .salvage import Read
from .stamps import from_sql
from .transfer import Columns, Page, columns_of, results_where

T = TypeVar("T")

_ORIGIN: Final = ("algorithm_version", "analysed_at", "processing_time_ms", "content", "payload_digest")
_SELECT: Final = (
    "SELECT f.id, f.path, p.size, p.mtime_ns, p.metadata,"
    f" {', '.join(f'p.{name}' for name in (*_ORIGIN, *schema.NAMES))}"
    " FROM files f CROSS JOIN fingerprints p ON p.file_id = f.id"  # the order of the loops is that of an export
)


class Exported(NamedTuple, Generic[T]):
    """A result in the form that an export writes."""

    path: bytes
    formed: T


Form = Callable[[bytes, Columns], T]
"""Returns what an export writes, given the path of a result and what an export holds of it."""


def exporting(form: Form[T]) -> Read[Exported[T]]:
    """Return a function that reads the stored results that fulfil an SQL condition, for ``salvage.all_results``.

    Each record is formed as soon as it is read, while the processor's caches hold it.
    """

    async def exported_where(database: Database, condition: str, values: Sequence[object]) -> Page[Exported[T]]:
        rows = await database.read(f"{_SELECT} WHERE {condition}", values)
        ids = [row[0] for row in rows]
        known, linked = await parts.of(database, ids), await _track_ids(database, ids)
        found, rest = _current(rows, known, linked, form)
        if not rest:
            return Page(found, [])
        page = await results_where(database, "f.id IN (SELECT value FROM json_each(?))", (json.dumps(rest),))
        found += [Exported(result.path, form(result.path, columns_of(result))) for result in page.results]
        return Page(sorted(found, key=itemgetter(0)), page.damaged)

    return exported_where


async def _track_ids(database: Database, file_ids: Sequence[int]) -> Mapping[int, list[int]]:
    """Return the host's ids of files by file id."""
    sql = "SELECT file_id, track_id FROM tracks WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY track_id"
    found = defaultdict[int, list[int]](list)
    for file_id, track_id in await database.read(sql, (json.dumps(file_ids),)):
        found[file_id].append(track_id)
    return found


def _current(
    rows: Iterable[sqlite3.Row],
    known: Mapping[int, tuple[Part, ...]],
    linked: Mapping[int, list[int]],
    form: Form[T],
) -> tuple[list[Exported[T]], list[int]]:
    """Form the valid results of the present algorithm version; return the ids of the files with any others too."""
    found, rest = [], []
    for file_id, path, size, mtime_ns, metadata, version, at, duration_ms, content, digest, *numbers in rows:
        try:
            values = dict(zip(schema.NAMES, numbers, strict=True))
            msgspec.convert(values, Fingerprint)
            columns = Columns(
                from_sql(size, damaged=-1),
                from_sql(mtime_ns),
                metadata_of(metadata),
                values,
                version,
                at,
                duration_ms,
                content,
                digest,
                linked.get(file_id, []),
                known.get(file_id, ()),
            )
            if version != schema.ALGORITHM_VERSION:
                rest.append(file_id)
                continue
            found.append(Exported(path, form(path, columns)))
        except (TypeError, ValueError, AttributeError):
            rest.append(file_id)
    return found, rest
