"""Failures as downloads: CSV for spreadsheets, JSON for programs."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from ..runtime.logging import printable
from ..runtime.serialization import to_json
from ..store.filters import FileQuery
from ..store.records import FileRecord
from .app_keys import service_of
from .schemas.bodies import path_bytes
from .schemas.files import ExportedFailure
from .schemas.queries import MAX_PAGE, ExportQuery, read_query
from .serializers import exported_failure
from .streaming import streamed

_COLUMNS: Final = ExportedFailure.__struct_fields__
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # characters with which a spreadsheet formula starts


async def as_csv(request: web.Request) -> web.StreamResponse:
    """Download all failed files as CSV."""
    failures = await _begin(request)
    async with streamed(request, _headers("text/csv", "failures.csv")) as response:
        await response.write(_line(_COLUMNS))
        async for failure in failures:
            await response.write(_line([_cell(getattr(failure, name)) for name in _COLUMNS]))
    return response


async def as_json(request: web.Request) -> web.StreamResponse:
    """Download all failed files as a JSON array."""
    failures, opening = await _begin(request), b"[\n"
    async with streamed(request, _headers("application/json", "failures.json")) as response:
        async for failure in failures:
            await response.write(opening + to_json(failure).encode("ascii"))
            opening = b",\n"
        await response.write(b"[]\n" if opening == b"[\n" else b"\n]\n")
    return response


def _headers(kind: str, name: str) -> dict[str, str]:
    return {"Content-Type": f"{kind}; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}


async def _begin(request: web.Request) -> AsyncIterator[ExportedFailure]:
    """Return the requested failures; errors of the request or the database are raised before the response starts."""
    query = read_query(request, ExportQuery)
    which = FileQuery(
        state="failed",
        code=query.code,
        query=query.q,
        folder=None if query.folder is None else path_bytes(query.folder, "folder"),
        limit=MAX_PAGE,
    )
    listings = service_of(request).listings
    await listings.files(replace(which, limit=1))
    return _failures(listings.all_files(which))


async def _failures(records: AsyncIterator[FileRecord]) -> AsyncIterator[ExportedFailure]:
    async for record in records:
        if (failure := exported_failure(record)) is not None:  # None: retried since the page was read
            yield failure


def _cell(value: Any) -> Any:
    """Return a cell value that a spreadsheet can display and does not evaluate."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if value.startswith(_FORMULA) else text


def _line(cells: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")
