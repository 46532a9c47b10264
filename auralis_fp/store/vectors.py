"""All current fingerprints at once, quantised for the map of the library."""

from array import array
from dataclasses import dataclass
from typing import Any, Final

from .. import schema
from .database import Database
from .fingerprints import current

STEPS: Final = 65_535  # quantisation steps between the lowest and the highest value of a dimension
_CHUNK: Final = 2_000  # rows per query, so that other readers are not blocked
_CURRENT: Final = (
    "files f JOIN fingerprints p ON p.file_id = f.id WHERE f.missing_since IS NULL"
    f" AND {current('p', str(schema.ALGORITHM_VERSION))}"
)


@dataclass(frozen=True, slots=True)
class Points:
    """All current fingerprints, quantised to 16 bits, column by column in the order of ``ids``.

    ``ranges`` holds the lowest and the highest value of each dimension; a coordinate q stands for
    low + (high - low)·q/65535.
    """

    ids: "array[int]"  # 8 bytes each
    ranges: dict[str, tuple[float, float]]
    columns: dict[str, "array[int]"]  # 2 bytes each


async def generation(database: Database) -> str:
    """Return a short text that changes whenever the result of ``read_points`` changes."""
    (row,) = await database.read(
        "SELECT count(*), coalesce(sum(f.id), 0), coalesce(sum(f.id * f.id % 65521), 0), max(p.analysed_at)"
        f" FROM {_CURRENT}"
    )
    return f"{schema.ALGORITHM_VERSION}-" + "-".join(str(value) for value in row)


async def read_points(database: Database) -> Points:
    """Return the current fingerprints of all files that are present."""
    extremes = ", ".join(f"min({_valid(name)}), max({_valid(name)})" for name in schema.NAMES)
    (row,) = await database.read(f"SELECT {extremes} FROM {_CURRENT}")
    bounds = [0.0 if value is None else float(value) for value in row]
    ranges = dict(zip(schema.NAMES, zip(bounds[::2], bounds[1::2], strict=True), strict=True))
    points = Points(array("Q"), ranges, {name: array("H") for name in schema.NAMES})
    last = -1
    while chunk := await database.read(*_chunk_query(ranges, last)):
        ids, *columns = zip(*chunk, strict=True)
        points.ids.extend(ids)
        for name, column in zip(schema.NAMES, columns, strict=True):
            points.columns[name].extend(column)
        last = ids[-1]
    return points


def _valid(name: str) -> str:
    """Return the SQL expression of a value, NULL where a damaged row has another."""
    low, high = schema.limits(name)
    return f"CASE WHEN p.{name} BETWEEN {low!r} AND {high!r} THEN p.{name} END"


def _chunk_query(ranges: dict[str, tuple[float, float]], last: int) -> tuple[str, tuple[Any, ...]]:
    """Return the query for the quantised fingerprints after file id *last*, and its parameters."""
    values: list[Any] = []
    for low, high in ranges.values():
        values += [low, STEPS / (high - low) if high > low else 0.0]
    # clamped: rows stored after the ranges were read may lie outside them
    coordinates = ", ".join(f"CAST(min({STEPS}, max(0, round((p.{name} - ?) * ?))) AS INTEGER)" for name in ranges)
    return (
        f"SELECT f.id, {coordinates} FROM {_CURRENT} AND f.id > ? ORDER BY f.id LIMIT ?",
        (*values, last, _CHUNK),
    )
