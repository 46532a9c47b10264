"""The settings that the page shows and changes."""

from urllib.parse import urlsplit

from aiohttp import hdrs, web

from ..errors import RequestError
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import NoFields, SettingsRequest, read_body
from .schemas.queries import Query, read_query
from .schemas.responses import StateAnswer


async def settings(request: web.Request) -> web.StreamResponse:
    """Get the settings that can be changed, where their values come from, and what needs a restart."""
    read_query(request, Query)
    return answer(await service_of(request).preferences.read())


async def change_settings(request: web.Request) -> web.StreamResponse:
    """Change settings in the settings file, from a page of this origin only; 409 if they were changed elsewhere."""
    _require_same_origin(request)
    body = await read_body(request, SettingsRequest)
    service = service_of(request)
    described, changed = await service.preferences.change(body.version, body.changes, service.settings)
    if "libraries" in body.changes:
        await service.set_libraries(changed.libraries)
    if "quiet_hours" in body.changes:
        service.set_quiet_hours(changed.quiet_hours)
    return answer(described)


async def work_anyway(request: web.Request) -> web.StreamResponse:
    """Work until the present quiet hours end."""
    await read_body(request, NoFields, optional=True)
    service = service_of(request)
    service.work_anyway()
    return answer(StateAnswer(service.state()), 202)


def _require_same_origin(request: web.Request) -> None:
    """Refuse requests that are not from a page of this origin; ``guard`` has checked the Host and the token."""
    origin = request.headers.get(hdrs.ORIGIN, "")
    if urlsplit(origin).netloc.lower() != request.headers.get(hdrs.HOST, "").lower():
        raise RequestError(403, "origin_not_allowed", "Settings can only be changed from the page of this service.")
