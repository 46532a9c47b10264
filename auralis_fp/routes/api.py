"""Fingerprints: one, many, by the host's id; and how the service is doing."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from aiohttp import web

from .._version import __version__
from ..engine.service import Service
from ..errors import RequestError
from ..runtime.serialization import to_json
from .app_keys import BATCHES, service_of
from .responses import answer
from .schemas.bodies import BatchRequest, TrackRequest, checked, path_bytes, read_body
from .schemas.queries import Query, read_query
from .streaming import streamed

BATCH_WIDTH: Final = 8  # items of one batch worked on at the same time
MOST_BATCHES: Final = 64  # at the same time: one that nobody reads keeps its items in memory


async def fingerprint(request: web.Request) -> web.StreamResponse:
    """Answer with the fingerprint of one file."""
    body = await read_body(request, TrackRequest)
    return answer(await _one(service_of(request), body))


async def batch(request: web.Request) -> web.StreamResponse:
    """Answer with one line of JSON for each file, as they are finished."""
    under_way = request.app[BATCHES]
    if len(under_way) >= MOST_BATCHES:
        raise RequestError(429, "too_many_batches", f"{MOST_BATCHES} batches are being answered; try again later.")
    under_way.add(id(request))
    try:
        return await _batch(request)
    finally:
        under_way.discard(id(request))


async def _batch(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, BatchRequest)
    service = service_of(request)
    service.state()  # raises while nothing can be answered: there is no status to change later
    headers = {"Content-Type": "application/x-ndjson"}
    async with (
        streamed(request, headers) as response,
        aclosing(_in_order_of_completion(service, body.items)) as records,
    ):
        async for record in records:
            await response.write(to_json(record).encode("ascii") + b"\n")
    return response


async def track(request: web.Request) -> web.StreamResponse:
    """Answer with the fingerprint of the file the host calls so; 202 while it is queued."""
    track_id = number_in_path(request, "track_id")
    record, known = await service_of(request).track(track_id)
    if known is None:
        return answer({"track_id": track_id, "state": record.state}, 202)
    return answer(known.as_json(track_id))


async def status(request: web.Request) -> web.StreamResponse:
    """Answer with everything the status page shows."""
    read_query(request, Query)
    return answer(await service_of(request).status())


async def health(request: web.Request) -> web.StreamResponse:
    """Answer whether requests can be answered."""
    read_query(request, Query)
    return health_of(service_of(request))


def health_of(service: Service) -> web.Response:
    """Return the answer to "are you well?", also for a host that asks at another address."""
    known = service.health()
    return answer({"status": known["status"], "version": __version__, "uptime_sec": known["uptime_sec"], **known})


def number_in_path(request: web.Request, name: str) -> int:
    """Return an id from the address; 404 if it is none the database could hold."""
    text = request.match_info[name]
    if len(text) > 19 or int(text) >= 2**63:
        raise RequestError(404, "not_found", "There is nothing at this address.")
    return int(text)


async def _one(service: Service, body: TrackRequest) -> dict[str, Any]:
    known = await service.fingerprint(path_bytes(body.filepath, "filepath"), body.track_id)
    return known.as_json(body.track_id)


async def _line(service: Service, item: Any) -> dict[str, Any]:
    """Return the record of one item, or of what is wrong with it."""
    try:
        return await _one(service, checked(item, TrackRequest))
    except RequestError as error:
        given = item if isinstance(item, dict) else {}
        stage = error.detail.get("stage", "request")
        problem = {"code": error.code, "stage": stage, "message": str(error)}
        return {"track_id": given.get("track_id"), "path": given.get("filepath"), "error": problem}


async def _in_order_of_completion(service: Service, items: Sequence[Any]) -> AsyncGenerator[dict[str, Any]]:
    waiting = iter(items)
    running: set[asyncio.Task[dict[str, Any]]] = set()
    try:
        while True:
            for item in waiting:
                running.add(asyncio.create_task(_line(service, item)))
                if len(running) >= BATCH_WIDTH:
                    break
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
