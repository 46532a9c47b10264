"""Response compression and conditional requests (ETag, 304 Not Modified)."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import ETag, hdrs, web
from aiohttp.typedefs import Handler

COMPRESS_FROM: Final = 2048  # bytes; compressing less costs more than it saves
_IN_THREAD_FROM: Final = 64 << 10  # bytes; compressing more would block the event loop
_LEVEL: Final = 5
_KINDS: Final = ("text/", "application/json", "image/svg+xml")


@web.middleware
async def encode(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add an ETag, answer 304 if the client has the current body, and compress the rest."""
    response = await handler(request)
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes) or response.prepared:
        return response
    if request.method in {"GET", "HEAD"} and response.status == 200 and hdrs.CACHE_CONTROL not in response.headers:
        tag = response.etag or ETag(hashlib.blake2b(response.body, digest_size=12).hexdigest(), is_weak=True)
        if (same := not_modified(request, tag.value)) is not None:
            return same
        response.etag = tag
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    if len(response.body) >= COMPRESS_FROM and response.content_type.startswith(_KINDS):
        await _compress(request, response)
    return response


def not_modified(request: web.Request, tag: str) -> web.Response | None:
    """Return a 304 response if the client has the current body, else None.

    Parameters
    ----------
    request : web.Request
    tag : str
        ETag of the current body.
    """
    known = request.if_none_match or ()
    if not any(one.value in {tag, "*"} for one in known):
        return None
    response = web.Response(status=304, headers={hdrs.CACHE_CONTROL: "no-cache"})
    response.etag = ETag(tag, is_weak=True)
    return response


def choose_coding(accepted: str) -> str | None:
    """Return the content coding for an ``Accept-Encoding`` header, or None for no coding.

    The client's weights decide; among equal ones the coding with the smallest result.
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    rest = weights.get("*", 0.0)
    offered = {name: weights.get(name, rest) for name in codings()}
    best = max(offered, key=lambda name: offered[name])
    return best if offered[best] > 0 else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def codings() -> Mapping[str, Callable[[bytes], bytes]]:
    """Return the available codings, the one with the smallest result first."""
    return {"br": _brotli, "gzip": _gzip, "deflate": _deflate}


def _brotli(body: bytes) -> bytes:
    import brotli  # only loaded if a client accepts it

    compressed: bytes = brotli.compress(body, quality=_LEVEL)
    return compressed


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body, _LEVEL)


async def _compress(request: web.Request, response: web.Response) -> None:
    response.headers.add(hdrs.VARY, hdrs.ACCEPT_ENCODING)
    coding = choose_coding(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    body = response.body
    if coding is None or not isinstance(body, bytes):
        return
    work = codings()[coding]
    response.body = await asyncio.to_thread(work, body) if len(body) >= _IN_THREAD_FROM else work(body)
    response.headers[hdrs.CONTENT_ENCODING] = coding
