"""HTTP connections to an aiohttp server in the same process, through memory: no port, no socket, no file descriptor."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, cast

from aiohttp import BaseConnector, ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler

FULL: Final = 256 << 10  # bytes on their way at which the writer is told to pause
LOW: Final = 64 << 10  # and at which it may go on

Extra = dict[str, Any]
caller: Final[ContextVar[Extra]] = ContextVar("caller")  # what the next connection tells the server of its client


class End(asyncio.Transport):
    """One end of a connection; what is written to it arrives at the protocol of the other end.

    Parameters
    ----------
    protocol : asyncio.Protocol
        Whoever speaks at this end.
    extra : dict
        What ``get_extra_info`` tells of the other end, such as ``peername``.
    hasty : bool
        Closing this end throws away what the other end has not read.
    """

    def __init__(self, protocol: asyncio.Protocol, extra: Extra, *, hasty: bool) -> None:
        super().__init__(extra)
        self.other: End | None = None
        self._loop = asyncio.get_running_loop()
        self._protocol: asyncio.BaseProtocol = protocol
        self._hasty = hasty
        self._inbox: deque[bytes] = deque()
        self._size = 0  # of the inbox
        self._other_closed = self._closing = False
        self._reading, self._writer_paused, self._due = True, False, False
        self._full, self._low = FULL, LOW

    @property
    def _sendfile_compatible(self) -> Any:  # asked for by ``loop.sendfile``; aiohttp then copies, as without sendfile
        raise NotImplementedError("there is no socket to send a file to")

    # writing

    def write(self, data: Any) -> None:
        """Send bytes on their way."""
        if self._closing or self.other is None or not data:
            return
        self.other._take(bytes(data))
        if self.other._size > self._full and not self._writer_paused:
            self._writer_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Say that this end cannot be half closed."""
        return False

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the other end has not read."""
        return self.other._size if self.other is not None else 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return when the writer may go on and when it must pause, in bytes."""
        return self._low, self._full

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Choose these limits."""
        self._full = FULL if high is None else high
        self._low = self._full // 4 if low is None else low

    # reading

    def is_reading(self) -> bool:
        """Say whether what arrives is handed on."""
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        """Keep what arrives until told otherwise."""
        self._reading = False

    def resume_reading(self) -> None:
        """Hand on what arrives."""
        self._reading = True
        self._wake()

    def _take(self, data: bytes) -> None:
        self._inbox.append(data)
        self._size += len(data)
        self._wake()

    def _wake(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        """Hand on what has arrived; never from within a call of the other end."""
        self._due = False
        while self._inbox and self._reading and not self._closing:
            data = self._inbox.popleft()
            self._size -= len(data)
            cast("asyncio.Protocol", self._protocol).data_received(data)
            if self.other is not None:
                self.other._read_on()
        if self._other_closed and not self._inbox:
            self.close()

    def _read_on(self) -> None:
        if self._writer_paused and self.get_write_buffer_size() <= self._low:
            self._writer_paused = False
            self._protocol.resume_writing()

    # ending

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol speak at this end."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that speaks at this end."""
        return self._protocol

    def is_closing(self) -> bool:
        """Say whether nothing more can be written."""
        return self._closing

    def close(self) -> None:
        """End the connection; the other end reads what was written before."""
        self._end(drop=self._hasty)

    def abort(self) -> None:
        """End the connection at once."""
        self._end(drop=True)

    def _end(self, *, drop: bool) -> None:
        if self._closing:
            return
        self._closing = True
        self._inbox.clear()
        self._size = 0
        self._loop.call_soon(self._protocol.connection_lost, None)
        if self.other is not None:
            self.other._hear_the_end(drop=drop)

    def _hear_the_end(self, *, drop: bool) -> None:
        self._other_closed = True
        if drop:
            self._inbox.clear()
            self._size = 0
        self._wake()


class MemoryConnector(BaseConnector):
    """Opens connections of an aiohttp client to an aiohttp server of this process.

    Parameters
    ----------
    server : callable
        Makes the server's protocol for one connection: ``web.AppRunner.server`` or ``web.Server``.

    Notes
    -----
    Every request has a connection of its own, which costs next to nothing; the server is told of its client what
    ``caller`` holds at that moment.
    """

    def __init__(self, server: Callable[[], asyncio.Protocol]) -> None:
        super().__init__(force_close=True, limit=0)
        self._server = server

    async def _create_connection(self, req: ClientRequest, traces: Any, timeout: ClientTimeout) -> ResponseHandler:  # noqa: ARG002, ASYNC109 - the hook that every connector has
        client, server = self._factory(), self._server()
        near, far = End(client, {}, hasty=True), End(server, caller.get({}), hasty=False)
        near.other, far.other = far, near
        server.connection_made(far)
        client.connection_made(near)
        return client
