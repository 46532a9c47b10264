"""Listings: files, failures, and the meaning of the dimensions."""

from typing import Any

from aiohttp import web

from .. import schema
from ..errors import RequestError
from ..store.queries import FileQuery
from .api import number_in_path
from .app_keys import service_of
from .responses import answer
from .schemas.queries import FailuresQuery, FilesQuery, Query, QueueQuery, read_query, wanted
from .serializers import file_json


async def files(request: web.Request) -> web.StreamResponse:
    """Answer with a page of files, filtered and sorted."""
    query = read_query(request, FilesQuery)
    return answer(await _page(request, wanted(query, query.state)))


async def queue(request: web.Request) -> web.StreamResponse:
    """Answer with the files that wait, those that come next first."""
    records = await service_of(request).listings.next_up(read_query(request, QueueQuery).limit)
    return answer({"items": [file_json(record) for record in records]})


async def failures(request: web.Request) -> web.StreamResponse:
    """Answer with a page of files that cannot be used, and how many there are of each kind."""
    which = wanted(read_query(request, FailuresQuery), "failed")
    page = await _page(request, which)
    listings = service_of(request).listings
    known = {"matching": await listings.number(which), "by_code": await listings.failure_codes()}
    return answer({"items": page["items"], **known, "next": page["next"]})


async def file(request: web.Request) -> web.StreamResponse:
    """Answer with one file, by our id."""
    service = service_of(request)
    record = await service.file(number_in_path(request, "file_id"))
    titles = await service.titles([record.path])
    return answer(file_json(record, titles.get(record.path)))


async def dimensions(request: web.Request) -> web.StreamResponse:
    """Answer with what the 25 numbers mean."""
    read_query(request, Query)
    described = [dimension.as_json() for dimension in schema.DIMENSIONS]
    body = {"dimensions": described, "algorithm": schema.ALGORITHM, "algorithm_version": schema.ALGORITHM_VERSION}
    return answer(body)


async def _page(request: web.Request, which: FileQuery) -> dict[str, Any]:
    service = service_of(request)
    try:
        page = await service.listings.files(which)
    except ValueError as error:
        raise RequestError(400, "bad_field", f"{error}.", {"field": "after"}) from error
    titles = await service.titles([record.path for record in page.items])
    return {"items": [file_json(record, titles.get(record.path)) for record in page.items], "next": page.next}
