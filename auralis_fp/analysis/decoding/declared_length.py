"""Declared against actual audio length of uncompressed files.

Both decoding libraries silently read what is there when the header declares more, so an interrupted download would
pass as a complete track. Both also stop at the declared end, although a recorder that lost power may have written more.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ...files.id3 import TAG_MARKS
from ...files.riff import AIFF, CAF, RIFF, Chunk, read_chunks, read_w64_chunks
from .source import Source

_MAX_CHUNKS: Final = 256
_FOLLOWERS: Final = (*TAG_MARKS, bytes(4))
_LEAST_UNKNOWN_32: Final = 0x7FFFF000  # placeholders of programs that write to a pipe: this, 2³¹ - 1, 2³² - 1
_RF64_SIZE: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class DeclaredLength:
    """Audio length in bytes, as declared by the header and as present in the file.

    Parameters
    ----------
    declared : int
        As the header declares.
    present : int
        From the first byte of audio to the end of the file.
    trailing : int
        Bytes after the declared audio that are neither a chunk, a tag nor padding.
    bytes_per_sec : int
        As the header declares; 0 if it does not.
    """

    declared: int
    present: int
    trailing: int
    bytes_per_sec: int

    @property
    def shortfall(self) -> float:
        """Declared length as a multiple of the present one, at least 1."""
        return max(1.0, self.declared / self.present) if self.present > 0 else 1.0

    @property
    def overrun(self) -> bool:
        """True if more than half a second and 1 % of audio follows the declared length."""
        return bool(self.bytes_per_sec) and self.trailing > max(self.bytes_per_sec / 2, self.declared / 100)


def read_declared_length(source: Source) -> DeclaredLength | None:
    """Compare header and file; None for other formats and for headers that leave the length open.

    Does not restore the position of the source.
    """
    head, read_at = source.head, source.read_at
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _find_data(source, read_chunks(read_at, 12, RIFF, _MAX_CHUNKS))
    if head[:4] in (b"RIFX", b"FORM") and head[8:11] in (b"WAV", b"AIF"):
        return _find_data(source, read_chunks(read_at, 12, AIFF, _MAX_CHUNKS), "big")
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _find_data(source, read_w64_chunks(read_at, _MAX_CHUNKS))
    if head[:4] == b"caff":
        return _find_data(source, read_chunks(read_at, 8, CAF, _MAX_CHUNKS))
    if head[:4] == b".snd" and len(head) >= 12:
        start, size = struct.unpack_from(">II", head, 4)
        return _find_data(source, iter([Chunk(b"data", start, size)]))
    return None


def _find_data(
    source: Source, chunks: Iterator[Chunk], order: Literal["little", "big"] = "little"
) -> DeclaredLength | None:
    bytes_per_sec, long_size = 0, 0
    for chunk in chunks:
        if chunk.name == b"fmt ":
            bytes_per_sec = int.from_bytes(source.read_at(chunk.start + 8, 4), order)
        elif chunk.name == b"ds64":
            long_size = int.from_bytes(source.read_at(chunk.start + 8, 8), "little")
        elif chunk.name in (b"data", b"SSND"):
            declared = long_size if long_size and chunk.size == _RF64_SIZE else chunk.size
            return _of_data(source, chunk.start, declared, bytes_per_sec)
    return None


def _of_data(source: Source, start: int, declared: int, bytes_per_sec: int) -> DeclaredLength | None:
    present = source.size - source.start - start
    if (
        declared == 0
        or present <= 0
        or (declared >= _LEAST_UNKNOWN_32 and declared > present and _is_placeholder(declared))
    ):
        return None
    trailing = max(0, present - declared)
    if trailing:
        trailing = 0 if _is_chunk_or_tag(source.read_at(start + declared + declared % 2, 8)) else trailing
    return DeclaredLength(declared, present, trailing, bytes_per_sec)


def _is_placeholder(declared: int) -> bool:
    return declared <= 0x80000000 or declared >= 0xFFFFFF00


def _is_chunk_or_tag(follower: bytes) -> bool:
    """Return True if the bytes after the audio look like another chunk, a tag, or padding."""
    name = follower[:4]
    return len(follower) < 8 or name.startswith(_FOLLOWERS) or all(32 <= byte < 127 for byte in name)
