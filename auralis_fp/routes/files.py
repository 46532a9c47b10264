"""File listings, the queue, failures, and the meaning of the dimensions."""

from aiohttp import web

from ..errors import RequestError
from ..store.queries import FileQuery
from ..store.records import Page
from .api import number_in_path
from .app_keys import service_of
from .responses import answer
from .schemas.files import Failures, File, Files, Queue
from .schemas.queries import FailuresQuery, FilesQuery, Query, QueueQuery, file_query, read_query
from .serializers import dimensions_body, file_body


async def files(request: web.Request) -> web.StreamResponse:
    """List files, filtered and sorted, in pages."""
    query = read_query(request, FilesQuery)
    page = await _page(request, file_query(query, query.state))
    return answer(Files(await _bodies(request, page), page.next))


async def queue(request: web.Request) -> web.StreamResponse:
    """List the queued files in processing order."""
    records = await service_of(request).listings.next_up(read_query(request, QueueQuery).limit)
    return answer(Queue([file_body(record) for record in records]))


async def failures(request: web.Request) -> web.StreamResponse:
    """List failed files in pages, with the number of failures by code."""
    which = file_query(read_query(request, FailuresQuery), "failed")
    page = await _page(request, which)
    items, listings = await _bodies(request, page), service_of(request).listings
    return answer(Failures(items, await listings.number(which), await listings.failure_codes(), page.next))


async def file(request: web.Request) -> web.StreamResponse:
    """Get one file by its id."""
    service = service_of(request)
    record = await service.file(number_in_path(request, "file_id"))
    titles = await service.titles([record.path])
    return answer(file_body(record, titles.get(record.path)))


async def dimensions(request: web.Request) -> web.StreamResponse:
    """Get the meaning, unit and range of each dimension."""
    read_query(request, Query)
    return answer(dimensions_body())


async def _page(request: web.Request, which: FileQuery) -> Page:
    try:
        return await service_of(request).listings.files(which)
    except ValueError as error:
        raise RequestError(400, "bad_field", f"{error}.", {"field": "after"}) from error


async def _bodies(request: web.Request, page: Page) -> list[File]:
    titles = await service_of(request).titles([record.path for record in page.items])
    return [file_body(record, titles.get(record.path)) for record in page.items]
