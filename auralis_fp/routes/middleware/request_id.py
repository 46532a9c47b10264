"""Request ids, on the response and on all log records of the request; access log and request metrics."""

import re
import secrets
import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ...runtime.logging import REQUEST_ID, logger, printable
from ..app_keys import METRICS

HEADER: Final = "X-Request-ID"
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = logger(__name__)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Assign the request id (the client's own if it is a plain word), and log and count the response."""
    given = request.headers.get(HEADER, "")
    request_id = given if _PLAIN_ID.fullmatch(given) else secrets.token_hex(8)
    token = REQUEST_ID.set(request_id)
    started, status = time.perf_counter(), 0
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
        _record(request, status, time.perf_counter() - started)
        REQUEST_ID.reset(token)


async def add_id(_: web.Request, response: web.StreamResponse) -> None:
    """Add the request id to a response that starts before its handler returns."""
    if (request_id := REQUEST_ID.get()) is not None:
        response.headers[HEADER] = request_id


def _record(request: web.Request, status: int, seconds: float) -> None:
    """Count and log a response; status 0 means that the client disconnected first."""
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
