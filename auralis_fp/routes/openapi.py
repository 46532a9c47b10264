"""The published description of the API (OpenAPI 3.1)."""

from aiohttp import web

from .answering import answer


async def document(_: web.Request) -> web.StreamResponse:
    """Answer with the description."""
    return answer({})
