"""Control: scan, pause, resume, retry, skip, cancel, prioritise, reanalyse."""

from aiohttp import web

from ..store.filters import FileQuery
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
from .schemas.responses import CancelAnswer, PrioritiseAnswer, ReanalyseAnswer, RetryAnswer, SkipAnswer, StateAnswer


async def scan(request: web.Request) -> web.StreamResponse:
    """Scan the music folders now."""
    body = await read_body(request, ScanRequest, optional=True)
    service = service_of(request)
    service.scan(None if body.folder is None else path_bytes(body.folder, "folder"))
    return answer(StateAnswer(service.state()), 202)


async def pause(request: web.Request) -> web.StreamResponse:
    """Pause background work; the pause persists across restarts."""
    return await _set_paused(request, paused=True)


async def resume(request: web.Request) -> web.StreamResponse:
    """Resume background work."""
    return await _set_paused(request, paused=False)


async def retry(request: web.Request) -> web.StreamResponse:
    """Retry failed files."""
    ids = await _failed_ids(request)
    return answer(RetryAnswer(await service_of(request).retry(ids)), 202)


async def skip(request: web.Request) -> web.StreamResponse:
    """Skip failed files until they change or are requested."""
    ids = await _failed_ids(request)
    return answer(SkipAnswer(await service_of(request).skip(ids)), 202)


async def _failed_ids(request: web.Request) -> list[int] | None:
    """Return the ids of the failed files that a request selects; None for all."""
    body = await read_body(request, FailuresRequest, optional=True)
    chosen = body.ids
    if body.without or not (body.code is body.q is body.folder is None):
        folder = None if body.folder is None else path_bytes(body.folder, "folder")
        which = FileQuery(state="failed", code=body.code, query=body.q, folder=folder)
        matching = await service_of(request).listings.ids(which)
        chosen = matching if chosen is None else [*{*matching} & {*chosen}]
    return None if chosen is None else [*{*chosen} - {*body.without}]


async def cancel(request: web.Request) -> web.StreamResponse:
    """Remove files from the queue; they are not retried until they change or are requested."""
    body = await read_body(request, CancelRequest, optional=True)
    return answer(CancelAnswer(await service_of(request).cancel(body.ids)), 202)


async def prioritise(request: web.Request) -> web.StreamResponse:
    """Move files to the front of the queue; failed ones are retried."""
    body = await read_body(request, PrioritiseRequest)
    service = service_of(request)
    await service.retry(body.ids)
    return answer(PrioritiseAnswer(await service.prioritise(body.ids)), 202)


async def reanalyse(request: web.Request) -> web.StreamResponse:
    """Analyse files again, before all others; the current results stay valid until then."""
    body = await read_body(request, ReanalyseRequest)
    return answer(ReanalyseAnswer(await service_of(request).reanalyse(body.ids)), 202)


async def playing(request: web.Request) -> web.StreamResponse:
    """Report that the host started or stopped playing audio; repeat `playing: true` at least hourly."""
    body = await read_body(request, PlayingRequest)
    service = service_of(request)
    service.playing(body.playing)
    return answer(StateAnswer(service.state()), 202)


async def _set_paused(request: web.Request, *, paused: bool) -> web.StreamResponse:
    await read_body(request, NoFields, optional=True)
    service = service_of(request)
    await (service.pause() if paused else service.resume())
    return answer(StateAnswer(service.state()), 202)
