"""Server-sent events: status, results and failures."""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from ..engine.service import Service
from ..errors import RequestError
from ..runtime.event_bus import Subscription
from ..runtime.serialization import to_json
from ..runtime.tasks import cancel_and_wait
from .app_keys import STREAMS, service_of
from .middleware.security import client_of
from .schemas.queries import Query, read_query

HEARTBEAT_SEC: Final = 15.0
RECONNECT_MS: Final = 2000


async def events(request: web.Request) -> web.StreamResponse:
    """Stream status, result and failure events; resumes after `Last-Event-ID`."""
    read_query(request, Query)
    service, last_id, client = service_of(request), _last_id(request), await client_of(request)
    with service.subscribe(last_id) as subscription:
        async with sse_response(request, sep="\n", ping_interval=HEARTBEAT_SEC) as stream:
            pump = asyncio.create_task(_pump(stream, service, subscription, last_id))
            gone = asyncio.create_task(stream.wait())
            try:
                with request.app[STREAMS].opened(client, pump):
                    await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel_and_wait(gone)
                await cancel_and_wait(pump)
    return stream


async def _pump(stream: EventSourceResponse, service: Service, subscription: Subscription, last_id: int | None) -> None:
    try:
        first_id = None if last_id is not None else str(service.last_event_id)  # a resuming client has an id
        await stream.send(to_json(await service.snapshot()), id=first_id, event="status", retry=RECONNECT_MS)
        async for event in subscription:
            await stream.write(event.sent)
    except (ConnectionResetError, TimeoutError):  # the client disconnected or stopped reading
        return


def _last_id(request: web.Request) -> int | None:
    text = request.headers.get("Last-Event-ID")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestError(400, "bad_field", "Last-Event-ID: not a valid event id.", {"field": "Last-Event-ID"})
    return int(text)
