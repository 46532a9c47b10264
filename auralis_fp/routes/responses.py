"""JSON responses, and the error body."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ..errors import RequestError, StorageError
from ..runtime.logging import logger, printable
from ..runtime.serialization import to_json, to_json_line
from .schemas.responses import ErrorAnswer

log = logger(__name__)

_CODES: Final = {
    404: ("not_found", "There is nothing at this path."),
    405: ("method_not_allowed", "This path does not support that method."),
    413: ("too_large", "The request body is too large."),
}


def answer(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, compact: bool = False
) -> web.Response:
    """Return a JSON response.

    Parameters
    ----------
    value : Payload or plain values
    status : int
    headers : mapping, optional
    compact : bool
        Leave out spaces, which makes the encoding of a long list many times as fast.
    """
    body = to_json_line(value) if compact else to_json(value).encode("ascii")
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def error_answer(error: RequestError, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the response for an error; every error response is made here.

    Parameters
    ----------
    error : RequestError
    headers : mapping, optional
    """
    extra = dict(headers or {})
    if error.status in (429, 503):
        extra.setdefault("Retry-After", "5")
    return answer(ErrorAnswer.of(error), error.status, extra)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions into error responses; unexpected ones are logged and not disclosed."""
    try:
        return await handler(request)
    except RequestError as error:
        response = error_answer(error)
        if not request.content.is_eof():
            response.force_close()  # the rest of this body must not be parsed as the next request
        return response
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code, sentence = _CODES.get(error.status, ("http_error", error.reason or "The request cannot be answered."))
        allow = error.headers.get("Allow")
        return error_answer(RequestError(error.status, code, sentence), {"Allow": allow} if allow else None)
    except (StorageError, sqlite3.Error) as error:
        log.warning("%s %s: %s", request.method, printable(request.path), error)
        return error_answer(RequestError(503, "storage", "The database is currently unavailable; see the log."))
    except ConnectionError:  # the client disconnected during the request; it does not read this response
        return error_answer(RequestError(400, "client_gone", "The client disconnected."))
    except Exception:
        log.exception("%s %s", request.method, printable(request.path))
        return error_answer(RequestError(500, "internal", "An internal error occurred; the log has the details."))
