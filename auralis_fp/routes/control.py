"""What the listener may ask for: look again, wait, go on, try again, this first, not that."""

from aiohttp import web

from ..store.queries import FileQuery
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import (
    CancelRequest,
    FailuresRequest,
    NoFields,
    PlayingRequest,
    PrioritiseRequest,
    ReanalyseRequest,
    ScanRequest,
    path_bytes,
    read_body,
)


async def scan(request: web.Request) -> web.StreamResponse:
    """Look through the music folders now."""
    body = await read_body(request, ScanRequest, optional=True)
    service = service_of(request)
    service.scan(None if body.folder is None else path_bytes(body.folder, "folder"))
    return answer({"state": service.state()}, 202)


async def pause(request: web.Request) -> web.StreamResponse:
    """Hold background work, also over restarts."""
    return await _pause(request, paused=True)


async def resume(request: web.Request) -> web.StreamResponse:
    """Go on with background work."""
    return await _pause(request, paused=False)


async def retry(request: web.Request) -> web.StreamResponse:
    """Try failed files once more."""
    ids = await _failed(request)
    return answer({"queued": await service_of(request).retry(ids)}, 202)


async def skip(request: web.Request) -> web.StreamResponse:
    """Leave failed files alone until they change, or are asked for."""
    ids = await _failed(request)
    return answer({"skipped": await service_of(request).skip(ids)}, 202)


async def _failed(request: web.Request) -> list[int] | None:
    """Return which failed files a request is about; None for all."""
    body = await read_body(request, FailuresRequest, optional=True)
    chosen = body.ids
    if body.without or not (body.code is body.q is body.folder is None):
        folder = None if body.folder is None else path_bytes(body.folder, "folder")
        which = FileQuery(state="failed", code=body.code, query=body.q, folder=folder)
        fitting = await service_of(request).listings.ids(which)
        chosen = fitting if chosen is None else [*{*fitting} & {*chosen}]
    return None if chosen is None else [*{*chosen} - {*body.without}]


async def cancel(request: web.Request) -> web.StreamResponse:
    """Take files off the list; they are not tried again until they change, or on request."""
    body = await read_body(request, CancelRequest, optional=True)
    return answer({"cancelled": await service_of(request).cancel(body.ids)}, 202)


async def prioritise(request: web.Request) -> web.StreamResponse:
    """Work on files before all others; those that failed are tried again."""
    body = await read_body(request, PrioritiseRequest)
    service = service_of(request)
    await service.retry(body.ids)
    return answer({"waiting": await service.prioritise(body.ids)}, 202)


async def reanalyse(request: web.Request) -> web.StreamResponse:
    """Analyse files that are done once more, before all others; what is known of them holds until then."""
    body = await read_body(request, ReanalyseRequest)
    return answer({"waiting": await service_of(request).reanalyse(body.ids)}, 202)


async def playing(request: web.Request) -> web.StreamResponse:
    """Take note that the host plays audio, or has stopped."""
    body = await read_body(request, PlayingRequest)
    service = service_of(request)
    service.playing(body.playing)
    return answer({"state": service.state()}, 202)


async def _pause(request: web.Request, *, paused: bool) -> web.StreamResponse:
    await read_body(request, NoFields, optional=True)
    service = service_of(request)
    await (service.pause() if paused else service.resume())
    return answer({"state": service.state()}, 202)
