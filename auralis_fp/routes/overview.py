"""The library as a whole: all fingerprints as points, throughput, and the cost of work."""

import base64
import sys
import time
from array import array
from typing import Final

from aiohttp import web

from .. import schema
from ..runtime.serialization import to_json_line
from ..store.queries import Cost
from ..store.vectors import Chunk, Points
from .app_keys import service_of
from .middleware.compression import not_modified
from .responses import answer
from .schemas.bodies import path_bytes
from .schemas.overview import (
    CostAnswer,
    Estimate,
    PointsHead,
    PointsPart,
    PointTags,
    Range,
    Throughput,
    ThroughputMinute,
)
from .schemas.queries import FolderQuery, PointsQuery, SpanQuery, read_query, wanted_fields
from .streaming import JSON_LINES, streamed

_SPANS: Final = {"hour": (3600, 1), "day": (86_400, 1), "month": (30 * 86_400, 60)}  # seconds, minutes per item


async def points(request: web.Request) -> web.StreamResponse:
    """Get all current fingerprints, or what has changed, in a compact form: JSON lines, the head first."""
    query = read_query(request, PointsQuery)
    columns = schema.NAMES if query.columns is None else wanted_fields(query.columns)
    listings = service_of(request).listings
    tag = await listings.points_version(columns)
    if (same := not_modified(request, tag)) is not None:
        return same
    known = await listings.points(columns, query.since)
    headers = {"Content-Type": JSON_LINES, "ETag": f'W/"{tag}"', "Cache-Control": "no-cache"}
    async with streamed(request, headers) as response:
        await response.write(to_json_line(_head(known)))
        async for chunk in known.chunks:
            await response.write(to_json_line(_part(chunk)))
    return response


def _head(known: Points) -> PointsHead:
    ranges = {name: Range(low, high) for name, (low, high) in known.ranges.items()}
    return PointsHead(known.version, schema.ALGORITHM_VERSION, known.count, ranges, known.removed)


def _part(chunk: Chunk) -> PointsPart:
    columns = {name: _base64(column) for name, column in chunk.columns.items()}
    tags = {name: PointTags(column.values, _base64(column.indices)) for name, column in chunk.tags.items()}
    return PointsPart(_base64(chunk.ids), columns, tags)


async def throughput(request: web.Request) -> web.StreamResponse:
    """Get the tracks and seconds of audio analysed per minute, over the last hour or day."""
    span, step = _SPANS[read_query(request, SpanQuery).span]
    now = time.time()
    minutes = await service_of(request).listings.minutes(now - span, step)
    return answer(Throughput(int(now) - span, int(now), [ThroughputMinute(*minute) for minute in minutes]))


async def cost(request: web.Request) -> web.StreamResponse:
    """Estimate the number of tracks and the time of pending, failed and all work."""
    query = read_query(request, FolderQuery)
    service = service_of(request)
    folder = None if query.folder is None else path_bytes(query.folder, "folder")
    tally = await service.listings.tally(folder)
    mean = await service.listings.cost()
    body = CostAnswer(
        measured_tracks=mean.measured,
        workers=service.workers,
        pending=_estimate(tally["waiting"], mean, service.workers),
        retry=_estimate(tally["failed"], mean, service.workers),
        everything=_estimate(tally["present"], mean, service.workers),
    )
    return answer(body)


def _estimate(tracks: int, mean: Cost, workers: int) -> Estimate:
    if not mean.measured:
        return Estimate(tracks, None, None)
    audio_sec, seconds = tracks * mean.audio_sec, tracks * mean.processing_sec / workers
    return Estimate(tracks, round(audio_sec, 1), round(seconds, 3))


def _base64(numbers: "array[int]") -> str:
    """Return little-endian integers in base64."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return base64.b64encode(numbers).decode("ascii")
