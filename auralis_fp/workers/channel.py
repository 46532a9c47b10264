"""Framed messages between the service and a worker, over the socket pair that the worker is born with."""

import os
import socket
import sys
from collections.abc import Sequence
from typing import Final

from ..runtime.standard_streams import open_standard_descriptors

_HEADER_BYTES: Final = 4
_READ_BYTES: Final = 1 << 16
MOST_DESCRIPTORS: Final = 16  # in one message


class ProtocolError(Exception):
    """The other side sent something that is not a valid message."""


class Channel:
    """Sends and receives messages of bytes, and open files with them. Its methods block.

    Parameters
    ----------
    reader, writer : int
        Descriptors of a socket, or of two pipes on systems that cannot pass open files on. The channel owns them.
    """

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._socket = socket.socket(fileno=reader) if reader == writer else None

    def send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a message.

        Parameters
        ----------
        message : bytes
        descriptors : sequence of int
            Open files for the other side. They stay open here.

        Raises
        ------
        OSError
            The other side has closed the channel.
        """
        data = memoryview(len(message).to_bytes(_HEADER_BYTES, "big") + message)
        if descriptors:
            if self._socket is None:
                raise OSError("this channel cannot pass on open files")
            data = data[socket.send_fds(self._socket, [data], descriptors) :]
        while data:
            data = data[os.write(self._writer, data) :]

    def receive(self, limit: int) -> bytes:
        """Return the next message. Open files that come with it are closed by the kernel.

        Parameters
        ----------
        limit : int
            Largest acceptable message, in bytes.

        Raises
        ------
        EOFError
            The other side has closed the channel.
        ProtocolError
            The message is longer than the limit.
        """
        return self._body(self._exactly(_HEADER_BYTES), limit)

    def receive_with_descriptors(self, limit: int) -> tuple[bytes, list[int]]:
        """Return the next message and the open files that come with it, see ``receive``."""
        if self._socket is None:
            return self.receive(limit), []
        header, descriptors, _, _ = socket.recv_fds(self._socket, _HEADER_BYTES, MOST_DESCRIPTORS)
        if not header:
            raise EOFError
        header += self._exactly(_HEADER_BYTES - len(header))
        return self._body(header, limit), descriptors

    def _body(self, header: bytes, limit: int) -> bytes:
        size = int.from_bytes(header, "big")
        if size > limit:
            raise ProtocolError(f"a message of {size} bytes")
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._reader, min(size, _READ_BYTES))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def has_input(self) -> bool:
        """Return True if a message, or a part of one, has arrived. Always False where pipes cannot be asked."""
        if self._socket is None:
            return False
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except (BlockingIOError, ConnectionError):
            return False

    def hang_up(self) -> None:
        """Make a ``receive`` in another thread return."""
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other side was faster
                return

    def close(self) -> None:
        """Close the channel. No other thread may use it any more."""
        if self._socket is not None:
            self._socket.close()
        else:
            os.close(self._reader)
            os.close(self._writer)


def adopt_channel() -> Channel:
    """Return the channel that this worker was started with as its standard input and output, and replace both.

    What a library prints then goes nowhere instead of into the channel.
    """
    if sys.platform != "win32":
        descriptor = adopt_descriptor()
        return Channel(descriptor, descriptor)
    reader, writer = os.dup(0), os.dup(1)
    silence_streams(0, 1)
    return Channel(reader, writer)


def adopt_descriptor() -> int:
    """Return the socket that this process was started with, see ``adopt_channel``. Not on Windows."""
    open_standard_descriptors()  # the duplicate must not become standard error
    descriptor = os.dup(0)
    silence_streams(0, 1)
    return descriptor


def silence_streams(*streams: int) -> None:
    """Connect standard streams of this process, given as descriptors, to the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(null, stream)
    os.close(null)
