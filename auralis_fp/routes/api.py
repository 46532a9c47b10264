"""Fingerprints: of one file, of a batch, by the host's track id; status and health."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

from aiohttp import web

from ..engine.service import Service
from ..errors import RequestError
from ..runtime.serialization import to_json
from .app_keys import BATCHES, service_of
from .responses import answer
from .schemas.bodies import BatchRequest, TrackRequest, path_bytes, read_body, validate
from .schemas.queries import Query, read_query
from .schemas.responses import BatchError, HealthAnswer, Queued, TrackAnswer
from .streaming import JSON_LINES, streamed

BATCH_WIDTH: Final = 8  # items of one batch in progress at the same time
MAX_BATCHES: Final = 64  # at the same time; a batch that the client does not read holds its items in memory


async def fingerprint(request: web.Request) -> web.StreamResponse:
    """Get the fingerprint of a file, analysing it if necessary."""
    body = await read_body(request, TrackRequest)
    return answer(await _one(service_of(request), body))


async def batch(request: web.Request) -> web.StreamResponse:
    """Get the fingerprints of many files as JSON lines, in order of completion."""
    in_progress = request.app[BATCHES]
    if len(in_progress) >= MAX_BATCHES:
        raise RequestError(429, "too_many_batches", f"{MAX_BATCHES} batches are in progress; try again later.")
    in_progress.add(id(request))
    try:
        return await _batch(request)
    finally:
        in_progress.discard(id(request))


async def _batch(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, BatchRequest)
    service = service_of(request)
    service.state()  # raises before the response has started if the service is not running
    headers = {"Content-Type": JSON_LINES}
    async with (
        streamed(request, headers) as response,
        aclosing(_in_order_of_completion(service, body.items)) as lines,
    ):
        async for line in lines:
            await response.write(to_json(line).encode("ascii") + b"\n")
    return response


async def track(request: web.Request) -> web.StreamResponse:
    """Get a fingerprint by host track id; 202 while queued."""
    track_id = number_in_path(request, "track_id")
    record, known = await service_of(request).track(track_id)
    if known is None:
        return answer(Queued(track_id, record.state), 202)
    return answer(TrackAnswer.of(known, track_id))


async def status(request: web.Request) -> web.StreamResponse:
    """Get the complete status: state, counts, workers, folders, health."""
    read_query(request, Query)
    return answer(await service_of(request).snapshot())


async def health(request: web.Request) -> web.StreamResponse:
    """Get the health of the service."""
    read_query(request, Query)
    return health_response(service_of(request))


def health_response(service: Service) -> web.Response:
    """Return the health response, also for a host that serves it at another path."""
    return answer(HealthAnswer.of(service.health()))


def number_in_path(request: web.Request, name: str) -> int:
    """Return an id from the path.

    Parameters
    ----------
    request : web.Request
    name : str
        The path parameter.

    Raises
    ------
    RequestError
        404 if no database row can have this id.
    """
    text = request.match_info[name]
    if len(text) > 19 or int(text) >= 2**63:
        raise RequestError(404, "not_found", "There is nothing at this path.")
    return int(text)


async def _one(service: Service, body: TrackRequest) -> TrackAnswer:
    known = await service.fingerprint(path_bytes(body.filepath, "filepath"), body.track_id)
    return TrackAnswer.of(known, body.track_id)


async def _line(service: Service, item: Any) -> TrackAnswer | BatchError:
    """Return the line of one batch item."""
    try:
        return await _one(service, validate(item, TrackRequest))
    except RequestError as error:
        return BatchError.of(item, error)


async def _in_order_of_completion(service: Service, items: Sequence[Any]) -> AsyncGenerator[TrackAnswer | BatchError]:
    remaining = iter(items)
    running: set[asyncio.Task[TrackAnswer | BatchError]] = set()
    try:
        while True:
            for item in remaining:
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
