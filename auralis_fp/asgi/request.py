"""A request as an ASGI server hands it out: its address below the plugin, its body, and what is wrong with its head."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import quote

from ..errors import RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

_LONGEST: Final = 8190  # bytes of an address, or of a header; what aiohttp's parser takes


class Body:
    """The body of a request as the host's server hands it out, and word of the client's leaving after it.

    A body that is announced is not waited for: who may not ask is refused before it comes, and it has its time to come.
    """

    def __init__(self, first: Message | None, receive: Receive) -> None:
        self.awaited = first is None  # the head has to be sent before it
        self._first = first
        self._receive = receive
        self._read = asyncio.Event()

    def data(self) -> bytes | AsyncIterator[bytes]:
        """Return the body, whole or as it comes."""
        if self._first is None or self._first.get("more_body", False):
            return self._parts()
        self._read.set()
        return bytes(self._first.get("body", b""))

    async def _parts(self) -> AsyncIterator[bytes]:
        message = self._first or await self._receive()
        while True:
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client is gone")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                self._read.set()
                return
            message = await self._receive()

    async def until_gone(self) -> None:
        """Wait until the client leaves."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def route_path(scope: Scope) -> str:
    """Return the path of a request without what the host itself is mounted at."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def below(scope: Scope, place: str) -> str:
    """Return the part of a request's path below *place*, as it was sent."""
    path = str(scope["path"])
    if not path.startswith(place):  # a server that leaves its own root path out
        place = place.removeprefix(str(scope.get("root_path", "")))
    raw, start = scope.get("raw_path") or b"", quote(place).encode("ascii")
    if raw.startswith(start):
        return quote(raw[len(start) :], safe="/%:@!$&'()*+,;=~")
    return quote(path[len(place) :], safe="/:@!$&'()*+,;=~")


def announces_body(scope: Scope) -> bool:
    """Say whether the head of a request tells that a body follows; in HTTP/2 one may follow all the same."""
    return any(
        name.lower() == b"transfer-encoding" or (name.lower() == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def fault_of(scope: Scope, path: str) -> RequestError | None:
    """Return what is wrong with the head of a request that the host's server has let through; None if all is well."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if {b"transfer-encoding", b"content-length"} <= {name.lower() for name, _ in headers}:
        return RequestError(400, "bad_request", "A request has either a length or chunks.")
    if len(path) + len(scope.get("query_string", b"")) > _LONGEST - 256:  # the prefix has room too
        return RequestError(414, "address_too_long", "The address is too long.")
    if any(len(name) + len(value) > _LONGEST for name, value in headers):
        return RequestError(431, "header_too_large", f"A header may have {_LONGEST} bytes at most.")
    return None
