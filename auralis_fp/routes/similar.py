"""Similar tracks."""

import base64

from aiohttp import web

from ..engine.seeds import Seeds
from .api import number_in_path
from .app_keys import service_of
from .middleware.compression import not_modified
from .responses import answer
from .schemas.bodies import read_body
from .schemas.queries import Query, read_query
from .schemas.similar import SimilarBody, SimilarMap, SimilarTo


async def similar(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to some tracks or to wished values, filtered, in pages."""
    body = await read_body(request, SimilarBody)
    return answer(await service_of(request).similar(body.request()))


async def similar_map(request: web.Request) -> web.StreamResponse:
    """Get a map of the library on which similar tracks lie close together."""
    read_query(request, Query)
    service = service_of(request)
    tag = f"map-{await service.listings.points_version(())}"
    if (same := not_modified(request, tag)) is not None:
        return same
    found = await service.track_map()
    ids, x, y = (base64.b64encode(part).decode("ascii") for part in (found.ids, found.x, found.y))
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": "no-cache"}
    return answer(SimilarMap(found.generation, len(found.x) // 2, found.kept, ids, x, y), headers=headers)


async def similar_to_file(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to a file."""
    seeds = Seeds(files=[number_in_path(request, "file_id")])
    return answer(await service_of(request).similar(read_query(request, SimilarTo).request(seeds)))


async def similar_to_track(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to a track of the host."""
    seeds = Seeds(tracks=[number_in_path(request, "track_id")])
    return answer(await service_of(request).similar(read_query(request, SimilarTo).request(seeds)))
