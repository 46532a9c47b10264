"""Current fingerprints of the whole library, or of what has changed in it, quantised and read in chunks."""

import json
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .. import schema
from .database import Database
from .fingerprints import current

STEPS: Final = 65_534  # quantisation steps between the lowest and the highest value of a dimension
NO_VALUE: Final = 65_535  # coordinate of a track for which the dimension is undefined
TAG_NAMES: Final = ("artist", "album", "genre", "year")
NO_TAG: Final = 65_535  # index of a track that lacks the tag
_CHUNK: Final = 2_000  # rows per query, so that other readers are not blocked
_SOURCE: Final = "files f JOIN fingerprints p ON p.file_id = f.id"
_CURRENT: Final = f"f.missing_since IS NULL AND {current('p', str(schema.ALGORITHM_VERSION))}"
_UNDEFINED: Final = "CASE WHEN json_valid(p.metadata) THEN json_extract(p.metadata, '$.undefined') END"
_CHANGED: Final = "f.id IN (SELECT file_id FROM vector_changes WHERE sequence > ?)"
_GONE: Final = (
    "SELECT file_id FROM vector_changes WHERE sequence > ?"
    f" AND file_id NOT IN (SELECT f.id FROM {_SOURCE} WHERE {_CURRENT}) ORDER BY file_id"
)


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

    ``ranges`` holds the lowest and the highest value of each dimension; a coordinate q stands for
    low + (high - low)·q/65534, and ``NO_VALUE`` for none. ``removed`` lists the files that have no current fingerprint
    any more; it is None if the points are complete.
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
    """Return a short text that changes whenever tags are read."""
    (row,) = await database.read("SELECT count(*), coalesce(max(read_at), 0) FROM tags")
    return f"{row[0]}-{row[1]:.6f}"


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
    version = await points_version(database)
    sequence = _sequence(since, version)
    condition = _CURRENT if sequence is None else f"{_CURRENT} AND {_CHANGED}"
    parameters = [] if sequence is None else [sequence]
    names = [name for name in schema.NAMES if name in columns]
    extremes = "".join(f", min({_valid(name)}), max({_valid(name)})" for name in names)
    (row,) = await database.read(f"SELECT count(*){extremes} FROM {_SOURCE} WHERE {condition}", parameters)
    bounds = [0.0 if value is None else float(value) for value in row[1:]]
    ranges = dict(zip(names, zip(bounds[::2], bounds[1::2], strict=True), strict=True))
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
        values += [low, STEPS / (high - low) if high > low else 0.0]
    # clamped: damaged rows, and those stored after the ranges were read, may lie outside them
    coordinates = "".join(
        f", CAST(min({STEPS}, max(0, coalesce(round((p.{name} - ?) * ?), 0))) AS INTEGER)" for name in ranges
    )
    wanted = "".join(f", t.{name}" for name in tags)
    source = f"{_SOURCE} LEFT JOIN tags t ON t.file_id = f.id" if tags else _SOURCE
    chosen = f"f.id, {_UNDEFINED}{coordinates}{wanted}"
    sql = f"SELECT {chosen} FROM {source} WHERE {condition} AND f.id > ? ORDER BY f.id LIMIT ?"
    last = -1
    while rows := await database.read(sql, (*values, *parameters, last, _CHUNK)):
        ids, undefined, *columns = zip(*rows, strict=True)
        chunk = Chunk(
            array("Q", ids),
            {name: array("H", column) for name, column in zip(ranges, columns, strict=False)},
            {name: _tag_column(column) for name, column in zip(tags, columns[len(ranges) :], strict=True)},
        )
        _leave_out(chunk.columns, undefined)
        yield chunk
        last = ids[-1]


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


def _valid(name: str) -> str:
    """Return the SQL expression of a value, NULL where a damaged row has another."""
    low, high = schema.limits(name)
    return f"CASE WHEN p.{name} BETWEEN {low!r} AND {high!r} THEN p.{name} END"
