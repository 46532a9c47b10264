"""Current fingerprints of the whole library, or of what has changed in it, quantised and read in chunks."""

import json
import logging
import sqlite3
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import msgspec

from .. import schema
from ..errors import CORRUPT, StorageError
from .damaged_pages import MOST_FAILED_READS, highest_id, rows_between, rows_of
from .database import Database
from .fingerprints import current

log = logging.getLogger(__name__)

STEPS: Final = 65_534  # quantisation steps between the limits of a dimension
NO_VALUE: Final = 65_535  # coordinate of a track for which the dimension is undefined
TAG_NAMES: Final = ("artist", "album", "genre", "year")
NO_TAG: Final = 65_535  # index of a track that lacks the tag
_CHUNK: Final = 1_000  # rows per query and part, so that neither other readers nor the event loop wait for long
_JSON: Final = msgspec.json.Decoder()
_SOURCE: Final = "files f JOIN fingerprints p ON p.file_id = f.id"
_CURRENT: Final = f"f.missing_since IS NULL AND {current('p', str(schema.ALGORITHM_VERSION))}"
_UNDEFINED: Final = "CASE WHEN json_valid(p.metadata) THEN json_extract(p.metadata, '$.undefined') END"
_CHANGED: Final = "f.id IN (SELECT file_id FROM vector_changes WHERE sequence > ?)"
_GONE: Final = (
    "SELECT v.file_id FROM vector_changes v WHERE v.sequence > ?"
    f" AND NOT EXISTS (SELECT 1 FROM {_SOURCE} WHERE f.id = v.file_id AND {_CURRENT}) ORDER BY v.file_id"
)
_EXPECTED: Final = "SELECT coalesce(sum(number), 0) FROM state_counts WHERE state = 'done'"


@dataclass(frozen=True, slots=True)
class TagColumn:
    """The values of one tag in a chunk: each different one once, and the index of each track's, or ``NO_TAG``."""

    values: list[str]
    indices: "array[int]"  # 2 bytes each


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the points, column by column in the order of ``ids``; ``NO_VALUE`` where a dimension is undefined."""

    ids: "array[int]"  # 8 bytes each
    columns: dict[str, "array[int]"] = field(default_factory=dict)  # 2 bytes each
    tags: dict[str, TagColumn] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Points:
    """Current fingerprints of all files that are present, or of those that changed after a version.

    ``ranges`` holds the limits of each dimension; a coordinate q stands for low + (high - low)·q/65534, and
    ``NO_VALUE`` for none. ``removed`` lists the files that have no current fingerprint any more; it is None if the
    points are complete. ``count`` is exact for changes; otherwise it is the number of files that are done, and the
    chunks may hold a few more.
    """

    version: str
    count: int
    ranges: dict[str, tuple[float, float]]
    removed: list[int] | None
    chunks: AsyncIterator[Chunk]


async def points_version(database: Database) -> str:
    """Return the version of the fingerprints, which changes whenever one is stored, replaced or removed."""
    (row,) = await database.read(
        "SELECT (SELECT id FROM identity), (SELECT coalesce(max(sequence), 0) FROM vector_changes)"
    )
    return f"{row[0]}-{schema.ALGORITHM_VERSION}-{row[1]}"


async def tags_version(database: Database) -> str:
    """Return a short text that changes whenever tags change; the tags of a deleted file go with its fingerprint."""
    (row,) = await database.read("SELECT coalesce(max(read_at), 0) FROM tags")
    return f"{row[0]:.6f}"


async def read_points(database: Database, columns: Sequence[str] = schema.NAMES, since: str | None = None) -> Points:
    """Return the current fingerprints of all files that are present, or of those that changed.

    Parameters
    ----------
    database : Database
    columns : sequence of str
        Names of dimensions and of tags.
    since : str, optional
        A version: only what has changed after it. Everything if it belongs to another database or algorithm.
    """
    if since is not None:
        try:
            return await _points(database, columns, since)
        except StorageError as error:
            if error.code != CORRUPT:
                raise
            log.warning("all points are returned, because damaged pages prevent reading what has changed")
    return await _points(database, columns, None)


async def _points(database: Database, columns: Sequence[str], since: str | None) -> Points:
    version = await points_version(database)
    sequence = _sequence(since, version)
    condition = _CURRENT if sequence is None else f"{_CURRENT} AND {_CHANGED}"
    parameters = [] if sequence is None else [sequence]
    ranges = {name: schema.limits(name) for name in schema.NAMES if name in columns}
    counted = _EXPECTED if sequence is None else f"SELECT count(*) FROM {_SOURCE} WHERE {condition}"
    (row,) = await database.read(counted, parameters)
    removed = None if sequence is None else [gone[0] for gone in await database.read(_GONE, (sequence,))]
    tags = [name for name in TAG_NAMES if name in columns]
    return Points(version, row[0], ranges, removed, _chunks(database, ranges, tags, condition, parameters))


def _sequence(since: str | None, version: str) -> int | None:
    """Return the position in the log of changes that a version stands for; None if it is of another log."""
    if since is None:
        return None
    log, _, position = since.rpartition("-")
    return int(position) if log == version.rpartition("-")[0] and position.isdecimal() else None


async def _chunks(
    database: Database,
    ranges: dict[str, tuple[float, float]],
    tags: Sequence[str],
    condition: str,
    parameters: Sequence[Any],
) -> AsyncIterator[Chunk]:
    values: list[Any] = []
    for low, high in ranges.values():
        values += [low, STEPS / (high - low)]
    # clamped: damaged rows may lie outside the limits
    coordinates = "".join(
        f", CAST(min({STEPS}, max(0, coalesce(round((p.{name} - ?) * ?), 0))) AS INTEGER) AS {name}" for name in ranges
    )
    wanted = "".join(f", t.{name} AS {name}" for name in tags)
    source = f"{_SOURCE} LEFT JOIN tags t ON t.file_id = f.id" if tags else _SOURCE
    sql = f"SELECT f.id AS id, {_UNDEFINED} AS undefined{coordinates}{wanted} FROM {source} WHERE {condition}"
    names = ("id", "undefined", *ranges, *tags)
    async for ids, undefined, *columns in _columns(database, sql, names, (*values, *parameters)):
        chunk = Chunk(
            array("Q", ids),
            {name: array("H", column) for name, column in zip(ranges, columns, strict=False)},
            {name: _tag_column(column) for name, column in zip(tags, columns[len(ranges) :], strict=True)},
        )
        _leave_out(chunk.columns, undefined)
        yield chunk


async def _columns(
    database: Database, sql: str, names: Sequence[str], parameters: Sequence[Any]
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """Yield the columns of a query over ``files f`` in chunks by file id, from the first damaged page on around damage.

    SQLite writes each column as JSON, because it then works without the interpreter lock: requests do not wait for it.
    """
    columns = ", ".join(f"json_group_array({name})" for name in names)
    aggregated = f"SELECT {columns} FROM ({sql} AND f.id > ? ORDER BY f.id LIMIT ?)"
    last = -1
    try:
        while True:
            (row,) = await database.read(aggregated, (*parameters, last, _CHUNK))
            ids, *others = map(_JSON.decode, row)
            if not ids:
                return
            yield ids, *others
            last = ids[-1]
    except StorageError as error:
        if error.code != CORRUPT:
            raise
        async for rows in _rows_around_damage(database, sql, parameters, last + 1):
            yield list(zip(*rows, strict=True))


async def _rows_around_damage(
    database: Database, sql: str, parameters: Sequence[Any], first: int
) -> AsyncIterator[list[sqlite3.Row]]:
    missing, highest = 0, await highest_id(database)
    for start in range(first, (-1 if highest is None else highest) + 1, _CHUNK):
        found = await rows_between(database, start, start + _CHUNK - 1, sql, parameters)
        present = await rows_of(database, found.unreadable, "SELECT f.id FROM files f WHERE f.id")
        missing += len(present.rows) + len(present.unreadable)
        if missing > MOST_FAILED_READS:
            raise StorageError("too_damaged", f"the fingerprints of more than {MOST_FAILED_READS} files are damaged")
        if found.rows:
            yield sorted(found.rows, key=itemgetter(0))
    log.error("points without %d files, whose fingerprints lie on damaged pages of the database", missing)


def _leave_out(columns: dict[str, "array[int]"], undefined: Sequence[str | None]) -> None:
    """Set the coordinates of the dimensions that are undefined, given as a JSON list for each row."""
    for row, names in enumerate(undefined):
        if names and names != "[]":
            for name in columns.keys() & json.loads(names):
                columns[name][row] = NO_VALUE


def _tag_column(column: Sequence[str | int | None]) -> TagColumn:
    different = [value for value in dict.fromkeys(column) if value is not None]
    places: dict[str | int | None, int] = {value: index for index, value in enumerate(different)}
    return TagColumn([str(value) for value in different], array("H", [places.get(value, NO_TAG) for value in column]))
