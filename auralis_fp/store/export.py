"""Stored results in the JSON form of an export, read several times as fast as ``transfer.Result``."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from .. import schema
from ..models import Part
from ..runtime.payloads import Fingerprint
from . import parts
from .database import Database
from .fingerprints import metadata_of
from .salvage import Read
from .stamps import from_sql
from .transfer import Columns, Page, record_of, record_of_result, results_where

T = TypeVar("T")

_ORIGIN: Final = ("algorithm_version", "analysed_at", "processing_time_ms", "content", "payload_digest")
_SELECT: Final = (
    "SELECT f.id, f.path, p.size, p.mtime_ns, p.metadata,"
    " (SELECT group_concat(t.track_id) FROM tracks t WHERE t.file_id = f.id),"
    f" {', '.join(f'p.{name}' for name in (*_ORIGIN, *schema.NAMES))}"
    " FROM files f CROSS JOIN fingerprints p ON p.file_id = f.id"  # the order of the loops is that of an export
)


class Exported(NamedTuple, Generic[T]):
    """A result in the form that an export writes."""

    path: bytes
    formed: T


Form = Callable[[bytes, dict[str, Any]], T]
"""Returns what an export writes, given the path of a result and its JSON form without the path."""


def exporting(form: Form[T]) -> Read[Exported[T]]:
    """Return a function that reads the stored results that fulfil an SQL condition, for ``salvage.all_results``.

    Each record is formed as soon as it is read, while the processor's caches hold it.
    """

    async def exported_where(database: Database, condition: str, values: Sequence[object]) -> Page[Exported[T]]:
        rows = await database.read(f"{_SELECT} WHERE {condition}", values)
        known = await parts.of(database, [row[0] for row in rows])
        found, rest = _current(rows, known, form)
        if not rest:
            return Page(found, [])
        page = await results_where(database, "f.id IN (SELECT value FROM json_each(?))", (json.dumps(rest),))
        found += [Exported(result.path, form(result.path, record_of_result(result))) for result in page.results]
        return Page(sorted(found, key=itemgetter(0)), page.damaged)

    return exported_where


def _current(
    rows: Iterable[sqlite3.Row], known: Mapping[int, tuple[Part, ...]], form: Form[T]
) -> tuple[list[Exported[T]], list[int]]:
    """Form the valid results of the present algorithm version; return the ids of the files with any others too."""
    found, rest = [], []
    for file_id, path, size, mtime_ns, metadata, tracks, version, at, duration_ms, content, digest, *numbers in rows:
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
                sorted(map(int, tracks.split(","))) if tracks else [],
                known.get(file_id, ()),
            )
            if version != schema.ALGORITHM_VERSION:
                rest.append(file_id)
                continue
            found.append(Exported(path, form(path, record_of(columns))))
        except (TypeError, ValueError, AttributeError):
            rest.append(file_id)
    return found, rest
