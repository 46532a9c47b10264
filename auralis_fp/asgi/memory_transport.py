"""In-memory asyncio transport and aiohttp connector: HTTP to a server in the same process, without sockets."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, cast

from aiohttp import BaseConnector, ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler

HIGH_WATER: Final = 256 << 10  # buffered bytes at which the writer is paused
LOW_WATER: Final = 64 << 10  # buffered bytes at which it is resumed

Extra = dict[str, Any]
caller: Final[ContextVar[Extra]] = ContextVar("caller")  # transport information of the next connection


class MemoryTransport(asyncio.Transport):
    """One end of a connection; data written to it is received by the protocol of its peer.

    Parameters
    ----------
    protocol : asyncio.Protocol
        The protocol of this end.
    extra : dict
        Values of ``get_extra_info``, such as ``peername``.
    discard_on_close : bool
        Closing this end discards data that the peer has not read.
    """

    def __init__(self, protocol: asyncio.Protocol, extra: Extra, *, discard_on_close: bool) -> None:
        super().__init__(extra)
        self.peer: MemoryTransport | None = None
        self._loop = asyncio.get_running_loop()
        self._protocol: asyncio.BaseProtocol = protocol
        self._discard_on_close = discard_on_close
        self._inbox: deque[bytes] = deque()
        self._size = 0  # of the inbox
        self._eof = self._closing = False
        self._reading, self._writer_paused, self._scheduled = True, False, False
        self._high, self._low = HIGH_WATER, LOW_WATER

    @property
    def _sendfile_compatible(self) -> Any:  # read by ``loop.sendfile``; aiohttp falls back to copying
        raise NotImplementedError("there is no socket to send a file to")

    # writing

    def write(self, data: Any) -> None:
        """Send data to the peer."""
        if self._closing or self.peer is None or not data:
            return
        self.peer._receive(bytes(data))
        if self.peer._size > self._high and not self._writer_paused:
            self._writer_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Return False: half-closed connections are not supported."""
        return False

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes the peer has not read."""
        return self.peer._size if self.peer is not None else 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the low and the high water mark in bytes."""
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the water marks, in bytes.

        Parameters
        ----------
        high, low : int, optional
            Default: the initial high mark, a quarter of the high mark.
        """
        self._high = HIGH_WATER if high is None else high
        self._low = self._high // 4 if low is None else low

    # reading

    def is_reading(self) -> bool:
        """Return True if received data is passed to the protocol."""
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        """Buffer received data until ``resume_reading``."""
        self._reading = False

    def resume_reading(self) -> None:
        """Pass received data to the protocol again."""
        self._reading = True
        self._schedule()

    def _receive(self, data: bytes) -> None:
        self._inbox.append(data)
        self._size += len(data)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        """Pass buffered data to the protocol; called by the event loop only."""
        self._scheduled = False
        while self._inbox and self._reading and not self._closing:
            data = self._inbox.popleft()
            self._size -= len(data)
            cast("asyncio.Protocol", self._protocol).data_received(data)
            if self.peer is not None:
                self.peer._resume_writer()
        if self._eof and not self._inbox:
            self.close()

    def _resume_writer(self) -> None:
        if self._writer_paused and self.get_write_buffer_size() <= self._low:
            self._writer_paused = False
            self._protocol.resume_writing()

    # ending

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Set the protocol of this end."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of this end."""
        return self._protocol

    def is_closing(self) -> bool:
        """Return True if the transport is closing or closed."""
        return self._closing

    def close(self) -> None:
        """Close the connection; the peer still receives buffered data."""
        self._finish(drop=self._discard_on_close)

    def abort(self) -> None:
        """Close the connection and discard buffered data."""
        self._finish(drop=True)

    def _finish(self, *, drop: bool) -> None:
        if self._closing:
            return
        self._closing = True
        self._inbox.clear()
        self._size = 0
        self._loop.call_soon(self._protocol.connection_lost, None)
        if self.peer is not None:
            self.peer._peer_closed(drop=drop)

    def _peer_closed(self, *, drop: bool) -> None:
        self._eof = True
        if drop:
            self._inbox.clear()
            self._size = 0
        self._schedule()


class MemoryConnector(BaseConnector):
    """Connects an aiohttp client to an aiohttp server in the same process.

    Parameters
    ----------
    server : callable
        Protocol factory of the server: ``web.AppRunner.server`` or ``web.Server``.

    Notes
    -----
    Each request opens a new connection, which is cheap. ``caller`` holds the transport information that the server
    sees, such as the address of the client.
    """

    def __init__(self, server: Callable[[], asyncio.Protocol]) -> None:
        super().__init__(force_close=True, limit=0)
        self._server = server

    async def _create_connection(self, req: ClientRequest, traces: Any, timeout: ClientTimeout) -> ResponseHandler:  # noqa: ARG002, ASYNC109 - the hook that every connector has
        client, server = self._factory(), self._server()
        near = MemoryTransport(client, {}, discard_on_close=True)
        far = MemoryTransport(server, caller.get({}), discard_on_close=False)
        near.peer, far.peer = far, near
        server.connection_made(far)
        client.connection_made(near)
        return client
