"""ASGI requests: path below the mount point, body, and validation of the head."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import quote

from ..errors import RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_MAX_LINE: Final = 8190  # bytes of a request line or a header, the limit of aiohttp's parser


class Body:
    """The body of a request, and the client's disconnect after it.

    Parameters
    ----------
    first : mapping or None
        The first message, if it has been received.
    receive : callable

    Notes
    -----
    An announced body is not awaited before the request is handled, so that a rejection does not depend on it.
    """

    def __init__(self, first: Message | None, receive: Receive) -> None:
        self.awaited = first is None  # the head is handled before the body arrives
        self._first = first
        self._receive = receive
        self._read = asyncio.Event()

    def data(self) -> bytes | AsyncIterator[bytes]:
        """Return the body, complete or as a stream."""
        if self._first is None or self._first.get("more_body", False):
            return self._parts()
        self._read.set()
        return bytes(self._first.get("body", b""))

    async def _parts(self) -> AsyncIterator[bytes]:
        message = self._first or await self._receive()
        while True:
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client disconnected")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                self._read.set()
                return
            message = await self._receive()

    async def until_disconnect(self) -> None:
        """Wait until the client disconnects."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def route_path(scope: Scope) -> str:
    """Return the path of a request below the root path of the host."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def below(scope: Scope, place: str) -> str:
    """Return the part of a request's path below a mount point, percent-encoded.

    Parameters
    ----------
    scope : mapping
    place : str
        Path of the mount point.
    """
    path = str(scope["path"])
    if not path.startswith(place):  # a server that omits its own root path
        place = place.removeprefix(str(scope.get("root_path", "")))
    raw, start = scope.get("raw_path") or b"", quote(place).encode("ascii")
    if raw.startswith(start):
        return quote(raw[len(start) :], safe="/%:@!$&'()*+,;=~")
    return quote(path[len(place) :], safe="/:@!$&'()*+,;=~")


def announces_body(scope: Scope) -> bool:
    """Return True if the head announces a body; in HTTP/2 a body may follow without it."""
    return any(
        name.lower() == b"transfer-encoding" or (name.lower() == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def head_error(scope: Scope, path: str) -> RequestError | None:
    """Validate the head of a request, which the host's server may not have done.

    Parameters
    ----------
    scope : mapping
    path : str
        Below the mount point.

    Returns
    -------
    RequestError or None
    """
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if {b"transfer-encoding", b"content-length"} <= {name.lower() for name, _ in headers}:
        return RequestError(400, "bad_request", "A request must not have both Content-Length and Transfer-Encoding.")
    if len(path) + len(scope.get("query_string", b"")) > _MAX_LINE - 256:  # leaves room for the prefix
        return RequestError(414, "address_too_long", "The request target is too long.")
    if any(len(name) + len(value) > _MAX_LINE for name, value in headers):
        return RequestError(431, "header_too_large", f"A header is longer than {_MAX_LINE} bytes.")
    return None
