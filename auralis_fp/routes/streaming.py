"""Answers that are sent piece by piece: what happens to them when a side gives up."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from ..errors import AuralisError
from ..runtime.logging import logger, printable

log = logger(__name__)


@asynccontextmanager
async def streamed(request: web.Request, headers: Mapping[str, str]) -> AsyncIterator[web.StreamResponse]:
    """Send an answer piece by piece.

    A client that leaves ends it quietly. If it cannot be completed the connection is cut, so that nobody takes a part
    for the whole: the status was sent long before.
    """
    response = web.StreamResponse(headers=dict(headers))
    await response.prepare(request)
    try:
        yield response
        await response.write_eof()
    except ConnectionError:
        return
    except (AuralisError, sqlite3.Error) as error:
        log.warning("%s was cut short: %s", printable(request.path), error)
        if request.transport is not None:
            request.transport.abort()
