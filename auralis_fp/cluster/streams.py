"""Framed messages over asyncio streams: four bytes of length, then the message."""

import asyncio
import socket
from typing import Final

from ..workers.channel import ProtocolError
from .messages import MAX_FRAME

_HEADER_BYTES: Final = 4


async def open_frames(descriptor: int) -> "Frames":
    """Return the frames of a connected Unix socket, which they own."""
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor))
    return Frames(reader, writer)


class Frames:
    """Sends and receives messages of bytes.

    Parameters
    ----------
    reader : asyncio.StreamReader
    writer : asyncio.StreamWriter
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, message: bytes) -> None:
        """Send a message as soon as the other side reads; does not wait for that."""
        self._writer.write(len(message).to_bytes(_HEADER_BYTES, "big") + message)

    async def receive(self) -> bytes:
        """Return the next message.

        Raises
        ------
        EOFError
            The other side has closed the connection.
        ProtocolError
            The message is too long.
        """
        size = int.from_bytes(await self._exactly(_HEADER_BYTES), "big")
        if size > MAX_FRAME:
            raise ProtocolError(f"a message of {size} bytes")
        return await self._exactly(size)

    async def _exactly(self, size: int) -> bytes:
        try:
            return await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EOFError from error

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
