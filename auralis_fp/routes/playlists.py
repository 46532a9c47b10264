"""Playlists: radio, path, and an existing list in another order."""

from typing import TypeVar

from aiohttp import web

from ..engine.similarity import PlaylistAnswer
from ..runtime.m3u8 import MEDIA_TYPE
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import read_body
from .schemas.playlists import FlowBody, PathBody, RadioBody, folder_of

B = TypeVar("B", RadioBody, PathBody, FlowBody)


async def playlist(request: web.Request) -> web.StreamResponse:
    """Build a playlist of tracks near to seeds."""
    body, _ = await _read(request, RadioBody)
    return answer(await service_of(request).similarity.radio(body.radio()))


async def playlist_m3u8(request: web.Request) -> web.StreamResponse:
    """Build a playlist of tracks near to seeds, as M3U8."""
    body, folder = await _read(request, RadioBody)
    return _m3u8(await service_of(request).similarity.radio(body.radio()), folder)


async def path(request: web.Request) -> web.StreamResponse:
    """Find tracks that lead from one track to another."""
    body, _ = await _read(request, PathBody)
    return answer(await service_of(request).similarity.path(body.request()))


async def path_m3u8(request: web.Request) -> web.StreamResponse:
    """Find tracks that lead from one track to another, as M3U8."""
    body, folder = await _read(request, PathBody)
    return _m3u8(await service_of(request).similarity.path(body.request()), folder)


async def flow(request: web.Request) -> web.StreamResponse:
    """Order tracks so that the steps between them are small."""
    body, _ = await _read(request, FlowBody)
    return answer(await service_of(request).similarity.flow(body.seeds()))


async def flow_m3u8(request: web.Request) -> web.StreamResponse:
    """Order tracks so that the steps between them are small, as M3U8."""
    body, folder = await _read(request, FlowBody)
    return _m3u8(await service_of(request).similarity.flow(body.seeds()), folder)


async def _read(request: web.Request, kind: type[B]) -> tuple[B, bytes | None]:
    """Return the validated body and the folder that paths in an M3U8 are relative to."""
    body = await read_body(request, kind)
    return body, folder_of(body.relative_to)


def _m3u8(found: PlaylistAnswer, folder: bytes | None) -> web.Response:
    text = found.m3u8(folder)
    headers = {"X-Note": found.note} if found.note else {}
    return web.Response(body=text.encode(), content_type=MEDIA_TYPE, charset="utf-8", headers=headers)
