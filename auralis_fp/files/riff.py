"""Chunks of RIFF, RF64, AIFF, CAF and Wave64 files."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from .id3 import ReadAt

RIFF: Final = "<4sI"
AIFF: Final = ">4sI"
CAF: Final = ">4sQ"
_W64_HEADER: Final = 24
_W64_ALIGNMENT: Final = 8


class Chunk(NamedTuple):
    """One chunk: where its content starts, and how long its header says it is."""

    name: bytes
    start: int
    size: int


def read_chunks(read_at: ReadAt, position: int, layout: str, max_chunks: int) -> Iterator[Chunk]:
    """Yield the chunks from *position* to the end of the file, or *max_chunks* of them.

    Parameters
    ----------
    read_at : callable
    position : int
        Of the first chunk.
    layout : str
        ``RIFF``, ``AIFF`` or ``CAF``: how a chunk's name and size are packed.
    max_chunks : int
    """
    length = struct.calcsize(layout)
    padded = layout != CAF
    for _ in range(max_chunks):
        header = read_at(position, length)
        if len(header) < length:
            return
        name, size = struct.unpack(layout, header)
        yield Chunk(name, position + length, size)
        position += length + size + (size % 2 if padded else 0)


def read_w64_chunks(read_at: ReadAt, max_chunks: int) -> Iterator[Chunk]:
    """Yield the chunks of a Wave64 file, each named by the first four bytes of its GUID."""
    position = 40
    for _ in range(max_chunks):
        header = read_at(position, _W64_HEADER)
        if len(header) < _W64_HEADER:
            return
        (size,) = struct.unpack_from("<Q", header, 16)
        yield Chunk(header[:4], position + _W64_HEADER, max(0, size - _W64_HEADER))
        position += max(_W64_HEADER, size + -size % _W64_ALIGNMENT)
