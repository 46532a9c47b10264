"""An id for every request, on its answer and on every log record about it."""

import re
import secrets
import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ...runtime.logging import REQUEST_ID, logger, printable
from ..app_keys import METRICS

HEADER: Final = "X-Request-ID"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = logger(__name__)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id, the client's own if that is a plain word, and log how it was answered."""
    given = request.headers.get(HEADER, "")
    request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
    kept = REQUEST_ID.set(request_id)
    began, status = time.perf_counter(), 0
    try:
        response = await handler(request)
    except web.HTTPException as answered:  # a redirection
        status = answered.status
        answered.headers[HEADER] = request_id
        raise
    else:
        status = response.status
        if not response.prepared:
            response.headers[HEADER] = request_id
        return response
    finally:
        _note(request, status, time.perf_counter() - began)
        REQUEST_ID.reset(kept)


async def add_id(_: web.Request, response: web.StreamResponse) -> None:
    """Put the request's id on an answer that begins before its handler has ended."""
    if (request_id := REQUEST_ID.get()) is not None:
        response.headers[HEADER] = request_id


def _note(request: web.Request, status: int, seconds: float) -> None:
    """Count and log an answer; status 0 stands for a client that left before there was one."""
    known = request.match_info
    route = getattr(known.handler, "__name__", "none") if known.http_exception is None else "none"
    request.app[METRICS].request(request.method if route != "none" else "any", route, status, seconds)
    milliseconds = round(1000 * seconds, 2)
    log.debug(
        "%s %s: %d in %.2f ms",
        request.method,
        printable(request.path),
        status,
        milliseconds,
        extra={"method": request.method, "path": request.path, "status": status, "duration_ms": milliseconds},
    )
