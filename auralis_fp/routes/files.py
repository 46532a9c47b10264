"""File listings, the queue, failures, and the meaning of the dimensions."""

from collections.abc import Sequence

from aiohttp import web

from ..errors import RequestError
from ..store.filters import FileQuery
from ..store.records import FileRecord, Page
from .api import number_in_path
from .app_keys import service_of
from .responses import answer
from .schemas.files import Failures, File, Files, PartialFile, PartialFiles, Queue, SearchMethod
from .schemas.queries import (
    FailuresQuery,
    FilesQuery,
    Query,
    QueueQuery,
    file_query,
    files_query,
    read_query,
    wanted_fields,
)
from .serializers import dimensions_body, file_body


async def files(request: web.Request) -> web.StreamResponse:
    """List files, searched, filtered and sorted, in pages."""
    query, listings = read_query(request, FilesQuery), service_of(request).listings
    which = files_query(query)
    page = await _page(request, which)
    items = await _bodies(request, page.items)
    matching = await listings.number(which) if page.total is None else page.total
    method: SearchMethod | None = None
    if which.query:
        method = "index" if (await listings.index_state()).usable else "scan"
    if query.fields is None:
        return answer(Files(items, matching, method, page.next, [*page.unreadable]), compact=True)
    partial = [PartialFile(**{name: getattr(item, name) for name in wanted_fields(query.fields)}) for item in items]
    return answer(PartialFiles(partial, matching, method, page.next, [*page.unreadable]), compact=True)


async def queue(request: web.Request) -> web.StreamResponse:
    """List the queued files in processing order."""
    records = await service_of(request).listings.next_up(read_query(request, QueueQuery).limit)
    return answer(Queue(await _bodies(request, records)), compact=True)


async def failures(request: web.Request) -> web.StreamResponse:
    """List failed files in pages, with the number of failures by code."""
    which = file_query(read_query(request, FailuresQuery), "failed")
    page = await _page(request, which)
    items, listings = await _bodies(request, page.items), service_of(request).listings
    number, codes = await listings.number(which), await listings.failure_codes()
    return answer(Failures(items, number, codes, page.next), compact=True)


async def file(request: web.Request) -> web.StreamResponse:
    """Get one file by its id."""
    service = service_of(request)
    record = await service.file(number_in_path(request, "file_id"))
    (body,) = await _bodies(request, [record])
    return answer(body)


async def dimensions(request: web.Request) -> web.StreamResponse:
    """Get the meaning, unit and range of each dimension."""
    read_query(request, Query)
    return answer(dimensions_body())


async def _page(request: web.Request, which: FileQuery) -> Page:
    try:
        return await service_of(request).listings.files(which)
    except ValueError as error:
        raise RequestError(400, "bad_field", f"{error}.", {"field": "after"}) from error


async def _bodies(request: web.Request, records: Sequence[FileRecord]) -> list[File]:
    service = service_of(request)
    tags = await service.music.tags([record.id for record in records])
    return [file_body(record, tags.get(record.id)) for record in records]
