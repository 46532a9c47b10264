"""Who may ask: names the server goes by, origins of pages, and headers that browsers obey."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ..errors import RequestError
from .answering import error_answer
from .keys import service_of

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
GUARDED: Final = "events"  # a page of another origin must not listen either

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests under a foreign name, and what pages of foreign origins may not do."""
    allowed_hosts = service_of(request).settings.allowed_hosts
    if _host_name(request.headers.get(hdrs.HOST, "")) not in {name.lower() for name in allowed_hosts}:
        return error_answer(RequestError(403, "host_not_allowed", "The server does not go by this name."))
    if request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
        if _foreign(request):
            return _refused_origin()
        return web.Response(status=204, headers=_PREFLIGHT)
    guarded = request.method not in READING or request.path.endswith(f"/{GUARDED}")
    if guarded and _foreign(request):
        return _refused_origin()
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers for browsers on every answer, streams and errors included."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if "Origin" not in response.headers.getall("Vary", []):
        response.headers.add("Vary", "Origin")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and not _foreign(request):
        response.headers["Access-Control-Allow-Origin"] = origin


def _refused_origin() -> web.Response:
    return error_answer(RequestError(403, "origin_not_allowed", "Pages of this origin may not do that."))


def _foreign(request: web.Request) -> bool:
    """Say whether the request comes from a page that is neither ours nor of an allowed origin."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:  # not from a page, or from a page of ours that only reads
        return request.headers.get("Sec-Fetch-Site", "") == "cross-site"
    if origin in service_of(request).settings.allowed_origins:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    return parts.scheme not in {"http", "https"} or parts.netloc.lower() != request.headers.get(hdrs.HOST, "").lower()


def _host_name(host: str) -> str:
    """Return a Host header without its port, in lower case."""
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdigit() else host
    return bare.lower()
