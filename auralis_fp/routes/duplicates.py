"""Duplicates: files with the same recording."""

from aiohttp import web

from .app_keys import service_of
from .responses import answer
from .schemas.bodies import read_body
from .schemas.duplicates import Decided, DecisionBody, DuplicatesQuery
from .schemas.queries import read_query


async def duplicates(request: web.Request) -> web.StreamResponse:
    """List groups of files with the same recording, in pages."""
    query = read_query(request, DuplicatesQuery)
    return answer(await service_of(request).duplicates.groups(query.limit, query.offset))


async def decide(request: web.Request) -> web.StreamResponse:
    """Confirm that files hold the same recording, or that they do not; nothing is deleted."""
    body = await read_body(request, DecisionBody)
    return answer(Decided(await service_of(request).duplicates.decide(body.files, same=body.same)))
