"""The library as a whole: all fingerprints as points, throughput, and the cost of work."""

import base64
import sys
import time
from array import array
from typing import Final

from aiohttp import ETag, web

from .. import schema
from ..store.queries import Cost
from .app_keys import service_of
from .middleware.compression import not_modified
from .responses import answer
from .schemas.bodies import path_bytes
from .schemas.overview import CostAnswer, Estimate, Points, Range, Throughput, ThroughputMinute
from .schemas.queries import FolderQuery, Query, SpanQuery, read_query

_SPANS: Final = {"hour": 3600, "day": 86_400}  # seconds


async def points(request: web.Request) -> web.StreamResponse:
    """Get all current fingerprints in a compact form."""
    read_query(request, Query)
    listings = service_of(request).listings
    tag = await listings.generation()
    if (same := not_modified(request, tag)) is not None:
        return same
    known = await listings.points()
    body = Points(
        count=len(known.ids),
        algorithm_version=schema.ALGORITHM_VERSION,
        ids=_base64(known.ids),
        ranges={name: Range(low, high) for name, (low, high) in known.ranges.items()},
        columns={name: _base64(column) for name, column in known.columns.items()},
    )
    response = answer(body)
    response.etag = ETag(tag, is_weak=True)
    return response


async def throughput(request: web.Request) -> web.StreamResponse:
    """Get the tracks and seconds of audio analysed per minute, over the last hour or day."""
    span = _SPANS[read_query(request, SpanQuery).span]
    now = time.time()
    minutes = await service_of(request).listings.minutes(now - span)
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
