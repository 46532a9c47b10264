"""Similar tracks."""

from aiohttp import web

from ..engine.seeds import Seeds
from .api import number_in_path
from .app_keys import service_of
from .responses import answer
from .schemas.bodies import read_body
from .schemas.queries import read_query
from .schemas.similar import SimilarBody, SimilarTo


async def similar(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to some tracks or to wished values, filtered, in pages."""
    body = await read_body(request, SimilarBody)
    return answer(await service_of(request).similar(body.request()))


async def similar_to_file(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to a file."""
    seeds = Seeds(files=[number_in_path(request, "file_id")])
    return answer(await service_of(request).similar(read_query(request, SimilarTo).request(seeds)))


async def similar_to_track(request: web.Request) -> web.StreamResponse:
    """Find tracks similar to a track of the host."""
    seeds = Seeds(tracks=[number_in_path(request, "track_id")])
    return answer(await service_of(request).similar(read_query(request, SimilarTo).request(seeds)))
