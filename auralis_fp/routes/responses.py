"""JSON answers, and the one shape of every error."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ..errors import RequestError, StorageError
from ..runtime.logging import logger, printable
from ..runtime.serialization import to_json

log = logger(__name__)

_CODES: Final = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to that method."),
    413: ("too_large", "The body of the request is too large."),
}


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return *value* as JSON."""
    body = to_json(value).encode("ascii")
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def error_answer(error: RequestError, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the one shape of errors."""
    extra = dict(headers or {})
    if error.status in (429, 503):
        extra.setdefault("Retry-After", "5")
    return answer({"error": str(error), "code": error.code, "detail": error.detail}, error.status, extra)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into an error answer; what nobody foresaw is logged, not shown."""
    try:
        return await handler(request)
    except RequestError as error:
        response = error_answer(error)
        if not request.content.is_eof():
            response.force_close()  # what is still to come of this request must not be taken for the next one
        return response
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code, sentence = _CODES.get(error.status, ("http_error", error.reason or "The request cannot be answered."))
        allow = error.headers.get("Allow")
        return error_answer(RequestError(error.status, code, sentence), {"Allow": allow} if allow else None)
    except (StorageError, sqlite3.Error) as error:
        log.warning("%s %s: %s", request.method, printable(request.path), error)
        return error_answer(RequestError(503, "storage", "The database cannot be used at the moment; see the log."))
    except ConnectionError:  # the client left before it had sent everything; nobody will read this
        return error_answer(RequestError(400, "client_gone", "The client is gone."))
    except Exception:
        log.exception("%s %s", request.method, printable(request.path))
        return error_answer(RequestError(500, "internal", "Something went wrong; the log has the details."))
