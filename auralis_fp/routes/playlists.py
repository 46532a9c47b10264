"""Playlists: radio, path, and an existing list in another order."""

from aiohttp import web

from ..engine.similarity import PlaylistAnswer
from ..runtime.m3u8 import MEDIA_TYPE
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import read_body
from .schemas.playlists import FlowBody, PathBody, RadioBody, folder_of


async def playlist(request: web.Request) -> web.StreamResponse:
    """Build a playlist of tracks near to seeds."""
    body = await read_body(request, RadioBody)
    return answer(await service_of(request).similarity.radio(body.radio()))


async def playlist_m3u8(request: web.Request) -> web.StreamResponse:
    """Build a playlist of tracks near to seeds, as M3U8."""
    body = await read_body(request, RadioBody)
    return _m3u8(await service_of(request).similarity.radio(body.radio()), body.relative_to)


async def path(request: web.Request) -> web.StreamResponse:
    """Find tracks that lead from one track to another."""
    body = await read_body(request, PathBody)
    return answer(await service_of(request).similarity.path(body.request()))


async def path_m3u8(request: web.Request) -> web.StreamResponse:
    """Find tracks that lead from one track to another, as M3U8."""
    body = await read_body(request, PathBody)
    return _m3u8(await service_of(request).similarity.path(body.request()), body.relative_to)


async def flow(request: web.Request) -> web.StreamResponse:
    """Order tracks so that the steps between them are small."""
    body = await read_body(request, FlowBody)
    return answer(await service_of(request).similarity.flow(body.seeds()))


async def flow_m3u8(request: web.Request) -> web.StreamResponse:
    """Order tracks so that the steps between them are small, as M3U8."""
    body = await read_body(request, FlowBody)
    return _m3u8(await service_of(request).similarity.flow(body.seeds()), body.relative_to)


def _m3u8(found: PlaylistAnswer, relative_to: str | None) -> web.Response:
    text = found.m3u8(folder_of(relative_to))
    headers = {"X-Note": found.note} if found.note else {}
    return web.Response(body=text.encode(), content_type=MEDIA_TYPE, charset="utf-8", headers=headers)
