"""Playlists: radio, path, and an existing list in another order."""

from pathlib import PurePath
from typing import TypeVar

from aiohttp import web

from ..engine.similar_answers import PlaylistAnswer
from ..errors import RequestError
from ..runtime.m3u8 import MEDIA_TYPE, Entry, m3u8
from ..runtime.serialization import path_text
from ..store.records import FileRecord
from ..store.tags import StoredTags
from ..tags.model import Tags
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import read_body
from .schemas.playlists import FlowBody, ListBody, PathBody, RadioBody, folder_of

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


async def list_m3u8(request: web.Request) -> web.StreamResponse:
    """Write files as M3U8, in the given order; `X-Note` says how many of them are gone."""
    body, service = await read_body(request, ListBody), service_of(request)
    records = [record for record in await service.listings.records(body.files) if record.state != "missing"]
    gone = len(body.files) - len(records)
    if not records:
        raise RequestError(404, "file_not_found", "None of the files exists.")
    tags = await service.music.tags([record.id for record in records])
    entries = [_entry(record, tags.get(record.id)) for record in records]
    return _text(m3u8(entries, folder_of(body.relative_to)), f"{gone} of the files are gone." if gone else "")


def _entry(record: FileRecord, stored: StoredTags | None) -> Entry:
    """Return the line of a file: artist and title as far as they are known, and its duration, or -1 if unknown."""
    tags = Tags() if stored is None else stored.tags
    name = tags.title or PurePath(path_text(record.path)).stem
    duration = -1 if record.fingerprint is None else record.fingerprint.metadata.duration_sec
    return Entry(record.path, f"{tags.artist} - {name}" if tags.artist else name, duration)


async def _read(request: web.Request, kind: type[B]) -> tuple[B, bytes | None]:
    """Return the validated body and the folder that paths in an M3U8 are relative to."""
    body = await read_body(request, kind)
    return body, folder_of(body.relative_to)


def _m3u8(found: PlaylistAnswer, folder: bytes | None) -> web.Response:
    return _text(found.m3u8(folder), found.note)


def _text(text: str, note: str) -> web.Response:
    headers = {"X-Note": note} if note else {}
    return web.Response(body=text.encode(), content_type=MEDIA_TYPE, charset="utf-8", headers=headers)
