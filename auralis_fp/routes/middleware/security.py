"""Access control (Host, Origin, token, rate limit) and security headers."""

import base64
import binascii
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ...engine.access import Caller
from ...errors import RequestError
from ..app_keys import LIMITER, OWN_USER_ONLY, service_of
from ..responses import error_answer

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
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-None-Match, If-Range, Last-Event-ID, Range, X-Request-ID"
    ),
    "Access-Control-Max-Age": "600",
}
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
_EXPOSED: Final = "Accept-Ranges, Content-Range, ETag, Retry-After, X-Request-ID"
_CHALLENGES: Final = (  # separate headers: Chromium reads only the first challenge of each
    'Basic realm="auralis_fp", charset="UTF-8"',
    'Bearer realm="auralis_fp"',
)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reject requests with a foreign Host or Origin, without the token, or above the rate limit.

    A rejection does not disclose whether the path exists.
    """
    if not _host_allowed(request):
        return error_answer(RequestError(403, "host_not_allowed", "This Host is not allowed."))
    if _cross_origin(request):
        return error_answer(RequestError(403, "origin_not_allowed", "Requests from this Origin are not allowed."))
    if request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
        return web.Response(status=204, headers=_PREFLIGHT)  # browsers send preflight requests without credentials
    caller = await _caller(request)
    if (wait := request.app[LIMITER].wait_sec(_client(request, caller))) > 0:
        error = RequestError(429, "too_many_requests", "Too many requests.")
        return error_answer(error, {"Retry-After": str(wait)})
    if OWN_USER_ONLY in request.app and caller != "own":
        sentence = "Without music folders, only programs of the user who runs the service are answered."
        return error_answer(RequestError(403, "own_user_only", sentence))
    return await handler(request) if _authorised(request, caller) else _token_needed()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add security and CORS headers to every response, streams and errors included."""
    if _embedded(request):
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if "Origin" not in response.headers.getall("Vary", []):
        response.headers.add("Vary", "Origin")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and not _cross_origin(request):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED


def _host_allowed(request: web.Request) -> bool:
    names = request.headers.getall(hdrs.HOST, [])
    allowed = {name.lower() for name in service_of(request).settings.allowed_hosts}
    if len(names) != 1:
        return False
    if not request.raw_path.startswith("/"):  # a request target in absolute form
        names = [*names, request.url.raw_authority]
    return all(_host_name(name) in allowed for name in names)


def _cross_origin(request: web.Request) -> bool:
    """Return True if the request comes from a page of another origin that is not allowed."""
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if not origins:  # not from a page, a GET of our own page, or a followed link
        followed = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        expected = followed or _embedded(request)
        return request.headers.get("Sec-Fetch-Site", "") == "cross-site" and not expected
    origin = origins[0]
    if len(origins) > 1:
        return True
    if origin in service_of(request).settings.allowed_origins:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    return parts.scheme not in {"http", "https"} or parts.netloc.lower() != request.headers.get(hdrs.HOST, "").lower()


def _embedded(request: web.Request) -> bool:
    """Return True for an image or a sound in a page of an allowed origin: it has no Origin, but a Referer."""
    page = request.headers.get(hdrs.REFERER, "")
    return (
        request.method == "GET"
        and hdrs.ORIGIN not in request.headers
        and any(page.startswith(f"{origin}/") for origin in service_of(request).settings.allowed_origins)
    )


async def client_of(request: web.Request) -> str:
    """Return who sends a request, for limits by client: the kind of user, and the address."""
    return _client(request, await _caller(request))


def _client(request: web.Request, caller: Caller) -> str:
    return f"{caller} {request.remote}"  # so that other users of this machine do not exhaust the limits of the own one


async def _caller(request: web.Request) -> Caller:
    """Return who sends a request, as far as that matters."""
    access = service_of(request).access
    if not (access.by_user or OWN_USER_ONLY in request.app):
        return "unknown"
    forwarded = any(name in request.headers for name in _FORWARDED)
    return await access.caller(request.transport, forwarded=forwarded)


def _authorised(request: web.Request, caller: Caller) -> bool:
    """Return True if the caller may ask without the token, or the request shows it."""
    access = service_of(request).access
    known = access.by_user and caller != "unknown"
    return known or access.open_to_all or access.shows_token(_shown_token(request))


def _token_needed() -> web.Response:
    refused = error_answer(RequestError(401, "token_needed", "A token is required."))
    for challenge in _CHALLENGES:
        refused.headers.add(hdrs.WWW_AUTHENTICATE, challenge)
    return refused


def _shown_token(request: web.Request) -> str:
    """Return the bearer token of a request, or the password of any user; empty without one."""
    scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    shown = shown.strip()
    if scheme.lower() == "bearer":
        return shown
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(shown, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _host_name(host: str) -> str:
    """Return the lower-case host name of a Host header."""
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isascii() and port.isdigit() else host
    return bare.lower()
