"""The library as a whole: all fingerprints for maps and distributions, what was worked, what work would cost."""

import base64
import sys
import time
from array import array
from typing import Any, Final

from aiohttp import ETag, web

from .. import schema
from ..store.queries import Cost
from .app_keys import service_of
from .middleware.compression import unchanged
from .responses import answer
from .schemas.bodies import path_bytes
from .schemas.queries import FolderQuery, Query, SpanQuery, read_query

_SPANS: Final = {"hour": 3600, "day": 86_400}  # seconds


async def points(request: web.Request) -> web.StreamResponse:
    """Answer with all current fingerprints in a compact form."""
    read_query(request, Query)
    listings = service_of(request).listings
    tag = await listings.generation()
    if (same := unchanged(request, tag)) is not None:
        return same
    known = await listings.points()
    body = {
        "count": len(known.ids),
        "algorithm_version": schema.ALGORITHM_VERSION,
        "ids": _packed(known.ids),
        "ranges": {name: {"low": low, "high": high} for name, (low, high) in known.ranges.items()},
        "columns": {name: _packed(column) for name, column in known.columns.items()},
    }
    response = answer(body)
    response.etag = ETag(tag, is_weak=True)
    return response


async def throughput(request: web.Request) -> web.StreamResponse:
    """Answer with the tracks and the seconds of music analysed in each minute of the last hour or day."""
    span = _SPANS[read_query(request, SpanQuery).span]
    now = time.time()
    minutes = await service_of(request).listings.minutes(now - span)
    return answer({"since": int(now) - span, "until": int(now), "minutes": [minute._asdict() for minute in minutes]})


async def cost(request: web.Request) -> web.StreamResponse:
    """Answer with how many tracks a piece of work has, and how long it would take."""
    query = read_query(request, FolderQuery)
    service = service_of(request)
    folder = None if query.folder is None else path_bytes(query.folder, "folder")
    tally = await service.listings.tally(folder)
    mean = await service.listings.cost()
    body = {
        "measured_tracks": mean.measured,
        "workers": service.workers,
        "pending": _estimate(tally["waiting"], mean, service.workers),
        "retry": _estimate(tally["failed"], mean, service.workers),
        "everything": _estimate(tally["present"], mean, service.workers),
    }
    return answer(body)


def _estimate(tracks: int, mean: Cost, workers: int) -> dict[str, Any]:
    if not mean.measured:
        return {"tracks": tracks, "audio_sec": None, "seconds": None}
    return {
        "tracks": tracks,
        "audio_sec": round(tracks * mean.audio_sec, 1),
        "seconds": round(tracks * mean.processing_sec / workers, 1),
    }


def _packed(numbers: "array[int]") -> str:
    """Return numbers in base64, least significant byte first."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return base64.b64encode(numbers).decode("ascii")
