"""Listings: files, failures, and the meaning of the dimensions."""

from dataclasses import asdict
from typing import Final

from aiohttp import web

from .. import schema
from ..errors import RequestError
from ..store.records import Page
from .answering import answer
from .api import number_in_path
from .keys import service_of
from .shapes import file_json

LARGEST_PAGE: Final = 500
DEFAULT_PAGE: Final = 100


async def files(request: web.Request) -> web.StreamResponse:
    """Answer with a page of files, by path."""
    page = await _page(request, request.query.get("state") or None)
    return answer({"items": [file_json(record) for record in page.items], "next": page.next})


async def failures(request: web.Request) -> web.StreamResponse:
    """Answer with a page of files that cannot be used, and how many there are of each kind."""
    page = await _page(request, "failed")
    by_code = await service_of(request).failure_codes()
    return answer({"items": [file_json(record) for record in page.items], "by_code": by_code, "next": page.next})


async def file(request: web.Request) -> web.StreamResponse:
    """Answer with one file, by our id."""
    return answer(file_json(await service_of(request).file(number_in_path(request, "file_id"))))


async def dimensions(_: web.Request) -> web.StreamResponse:
    """Answer with what the 25 numbers mean."""
    described = [asdict(dimension) for dimension in schema.DIMENSIONS]
    body = {"dimensions": described, "algorithm": schema.ALGORITHM, "algorithm_version": schema.ALGORITHM_VERSION}
    return answer(body)


async def _page(request: web.Request, state: str | None) -> Page:
    query = request.query
    return await service_of(request).files(
        state=state, query=query.get("q") or None, after=query.get("after") or None, limit=_limit(query.get("limit"))
    )


def _limit(text: str | None) -> int:
    if not text:
        return DEFAULT_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LARGEST_PAGE):
        sentence = f"limit: must be a number from 1 to {LARGEST_PAGE}."
        raise RequestError(400, "bad_field", sentence, {"field": "limit"})
    return int(text)
