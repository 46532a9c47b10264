"""Limits on the connections of our own servers: in all, and by client."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

MOST: Final = 512
MOST_BY_CLIENT: Final = 256
LEAST: Final = 16
OWN_DESCRIPTORS: Final = 32  # of the database, the workers and the files
FIRST_REQUEST_SEC: Final = 60.0  # for the complete head of the first request


@dataclass(slots=True)
class _Connection:
    client: str
    in_progress: int = 0  # requests whose answers end
    used: bool = False
    since: float = field(default_factory=time.monotonic)  # opened, or the latest request


class ConnectionLimits:
    """Admits connections. A new one replaces the one that has been idle for longest, if there are too many.

    Connections that have not sent a complete request are replaced first, so that a client that only holds connections
    open keeps no one out. A connection whose request is being answered is never replaced, unless the answer is an event
    stream, which never ends and which its client opens again.

    Parameters
    ----------
    most : int
        Open connections in all.
    most_by_client : int
        Open connections of one address.
    endless : collection of Handler
        Handlers of event streams.
    """

    def __init__(
        self, most: int, most_by_client: int = MOST_BY_CLIENT, *, endless: Collection[Handler] = frozenset()
    ) -> None:
        self._most = most
        self._most_by_client = most_by_client
        self._endless = endless
        self._open: dict[asyncio.BaseTransport, _Connection] = {}

    def factory(self, server: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """Return the protocol factory of a server within these limits."""
        return lambda: _Entrance(self, server)

    def admit(self, transport: asyncio.Transport) -> bool:
        """Return True if a new connection may stay; another may be closed for it."""
        self._open = {each: known for each, known in self._open.items() if not each.is_closing()}
        peer = transport.get_extra_info("peername")
        client = str(peer[0]) if isinstance(peer, tuple) else "unix"
        counts = Counter(known.client for known in self._open.values())
        if counts[client] >= self._most_by_client and not self._close_idle(client):
            return False
        if len(self._open) >= self._most and not self._close_idle(None):
            return False
        self._open[transport] = _Connection(client)
        asyncio.get_running_loop().call_later(FIRST_REQUEST_SEC, self._close_unused, transport)
        return True

    def _close_idle(self, client: str | None) -> bool:
        """Close the connection, of one client or of all, that has been idle for longest; False if all are in use."""
        idle = [
            (known.used, known.since, transport)
            for transport, known in self._open.items()
            if not known.in_progress and client in (None, known.client)
        ]
        if not idle:
            return False
        *_, chosen = min(idle, key=lambda each: each[:2])
        self._close(chosen)
        return True

    def _close_unused(self, transport: asyncio.BaseTransport) -> None:
        known = self._open.get(transport)
        if known is not None and not known.used:
            self._close(transport)

    def _close(self, transport: asyncio.BaseTransport) -> None:
        del self._open[transport]
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note which connections have a request in progress."""
        known = self._open.get(request.transport) if request.transport is not None else None
        if known is None:
            return await handler(request)
        ends = request.match_info.handler not in self._endless
        known.in_progress += ends
        known.used = True
        known.since = time.monotonic()
        try:
            return await handler(request)
        finally:
            known.in_progress -= ends
            known.since = time.monotonic()


class _Entrance(asyncio.Protocol):
    """The protocol of a connection until it is admitted."""

    def __init__(self, limits: ConnectionLimits, server: Callable[[], asyncio.Protocol]) -> None:
        self._limits = limits
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection to the server, or close it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream
        if not self._limits.admit(transport):
            transport.abort()
            return
        protocol = self._server()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


def most_connections() -> int:
    """Return how many connections leave enough descriptors for the database, the workers and the files."""
    if sys.platform == "win32":
        return MOST
    import resource  # not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(LEAST, min(MOST, (soft - OWN_DESCRIPTORS) // 2))
