"""Albums, artists and covers."""

from dataclasses import asdict
from typing import Any, Final

from aiohttp import ETag, web

from ..runtime.payloads import Fingerprint
from ..store.albums import Group, GroupQuery
from ..store.filters import FileQuery
from .api import number_in_path
from .app_keys import service_of
from .middleware.compression import not_modified
from .responses import answer
from .schemas.music import Album, Albums, Artist, Artists, DecadeCount, Facets, GenreCount
from .schemas.queries import AlbumsQuery, ArtistsQuery, FacetsQuery, Query, group_query, read_query

_COVER_CACHE: Final = "private, no-cache"  # kept by the browser, and asked for again with the ETag


async def albums(request: web.Request) -> web.StreamResponse:
    """List albums in pages, with counts, duration and median fingerprint."""
    which, music = group_query(read_query(request, AlbumsQuery)), service_of(request).music
    page = await music.albums(which)
    items = [Album(**_body(album)) for album in page.items]
    return answer(Albums(items, page.total, await music.unread(), _next(which, page.total)))


async def artists(request: web.Request) -> web.StreamResponse:
    """List artists in pages, with counts, duration and median fingerprint."""
    which, music = group_query(read_query(request, ArtistsQuery)), service_of(request).music
    page = await music.artists(which)
    items = [Artist(**_body(artist)) for artist in page.items]
    return answer(Artists(items, page.total, await music.unread(), _next(which, page.total)))


async def facets(request: web.Request) -> web.StreamResponse:
    """Count the files by genre and decade."""
    query = read_query(request, FacetsQuery)
    genres, decades = await service_of(request).listings.facets(FileQuery(query=query.q, state=query.state))
    return answer(
        Facets(
            [GenreCount(str(genre), files) for genre, files in genres],
            [DecadeCount(int(decade), files) for decade, files in decades],
        )
    )


async def cover(request: web.Request) -> web.StreamResponse:
    """Get the cover of a file as a small WebP picture."""
    read_query(request, Query)
    service = service_of(request)
    record = await service.file(number_in_path(request, "file_id"))
    digest = await service.music.covers.digest(record.id)
    response = not_modified(request, digest)
    if response is None:
        data = await service.music.covers.thumbnail(record, digest)
        response = web.Response(body=data, content_type="image/webp")
        response.etag = ETag(digest, is_weak=True)
    response.headers["Cache-Control"] = _COVER_CACHE
    return response


def _body(group: Group) -> dict[str, Any]:
    values = group.fingerprint
    return asdict(group) | {"fingerprint": None if values is None else Fingerprint(**values)}


def _next(which: GroupQuery, total: int) -> str | None:
    end = which.offset + which.limit
    return str(end) if end < total else None
