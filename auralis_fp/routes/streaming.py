"""Streamed responses, and their termination when either side fails."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from ..errors import AuralisError
from ..runtime.logging import logger, printable

JSON_LINES: Final = "application/x-ndjson"

log = logger(__name__)


@asynccontextmanager
async def streamed(
    request: web.Request, headers: Mapping[str, str], status: int = 200
) -> AsyncIterator[web.StreamResponse]:
    """Send a response in chunks.

    Parameters
    ----------
    request : web.Request
    headers : mapping
    status : int

    Notes
    -----
    A client that disconnects ends the response silently. A response that fails is aborted at the connection, because
    its status has already been sent: the client must not mistake it for a complete one.
    """
    response = web.StreamResponse(status=status, headers=dict(headers))
    await response.prepare(request)
    try:
        yield response
        await response.write_eof()
    except ConnectionError:
        return
    except (AuralisError, sqlite3.Error) as error:
        log.warning("%s was aborted: %s", printable(request.path), error)
        if request.transport is not None:
            request.transport.abort()
