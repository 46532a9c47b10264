"""Range requests: the part of a file that a request asks for."""

import re
from typing import Final

from aiohttp import hdrs, web

_SINGLE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def requested_range(request: web.Request, size: int) -> range | None:
    """Return the byte positions that a request asks for.

    Parameters
    ----------
    request : web.Request
    size : int
        Size of the file in bytes.

    Returns
    -------
    range or None
        None for the whole file. Empty if the range lies beyond the end.

    Notes
    -----
    Several ranges, and ranges that are not valid, are ignored, as RFC 9110 allows (section 14.2).

    References
    ----------
    RFC 9110, HTTP Semantics, section 14
    """
    given = _SINGLE.fullmatch(request.headers.get(hdrs.RANGE, "").replace(" ", "").lower())
    if given is None:
        return None
    first, last = given.groups()
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)


def range_applies(request: web.Request, etag: str, modified: str) -> bool:
    """Return True unless ``If-Range`` names another state of the file.

    Parameters
    ----------
    request : web.Request
    etag, modified : str
        Present values of the headers ``ETag`` (strong) and ``Last-Modified``.
    """
    condition = request.headers.get(hdrs.IF_RANGE)
    return condition is None or condition in {etag, modified}
