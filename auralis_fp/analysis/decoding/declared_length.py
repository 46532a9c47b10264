"""What the header of an uncompressed file promises, beside what the file holds.

Both decoding libraries silently believe the file's size where the header claims more, so an interrupted download would
pass as a whole track; and both stop where the header says, though a recorder that lost power may have written on.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from ...files.id3 import TAG_MARKS
from ...files.riff import AIFF, CAF, RIFF, Chunk, read_chunks, read_w64_chunks
from .source import Source

_MAX_CHUNKS: Final = 256
_FOLLOWERS: Final = (*TAG_MARKS, bytes(4))
_LEAST_UNKNOWN_32: Final = 0x7FFFF000  # what writers to a pipe put there: this, 2³¹ - 1, 2³² - 1
_RF64_SIZE: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class DeclaredLength:
    """Bytes of audio.

    Parameters
    ----------
    claimed : int
        As the header says.
    present : int
        From the first byte of audio to the end of the file.
    overrun : int
        Bytes behind the claimed audio that are neither chunk, tag nor padding.
    bytes_per_sec : int
        As the header says; 0 if it does not.
    """

    claimed: int
    present: int
    overrun: int
    bytes_per_sec: int

    @property
    def lack(self) -> float:
        """How many times what is there was claimed; 1 if all of it is there."""
        return max(1.0, self.claimed / self.present) if self.present > 0 else 1.0

    @property
    def goes_on(self) -> bool:
        """Whether clearly more audio follows what was claimed: over half a second and over 1 %."""
        return bool(self.bytes_per_sec) and self.overrun > max(self.bytes_per_sec / 2, self.claimed / 100)


def read_promise(source: Source) -> DeclaredLength | None:
    """Compare header and file; None if this is no such file or its header leaves the length open.

    Leaves the source's position anywhere.
    """
    head, read_at = source.head, partial(_read_at, source)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _promise(source, read_chunks(read_at, 12, RIFF, _MAX_CHUNKS))
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _promise(source, read_chunks(read_at, 12, AIFF, _MAX_CHUNKS))
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _promise(source, read_w64_chunks(read_at, _MAX_CHUNKS))
    if head[:4] == b"caff":
        return _promise(source, read_chunks(read_at, 8, CAF, _MAX_CHUNKS))
    if head[:4] == b".snd" and len(head) >= 12:
        start, size = struct.unpack_from(">II", head, 4)
        return _promise(source, iter([Chunk(b"data", start, size)]))
    return None


def _read_at(source: Source, position: int, size: int) -> bytes:
    return source.read(size) if source.seek(position) == position else b""


def _promise(source: Source, chunks: Iterator[Chunk]) -> DeclaredLength | None:
    bytes_per_sec, long_size = 0, 0
    for chunk in chunks:
        if chunk.name == b"fmt ":
            bytes_per_sec = int.from_bytes(_read_at(source, chunk.start + 8, 4), "little")
        elif chunk.name == b"ds64":
            long_size = int.from_bytes(_read_at(source, chunk.start + 8, 8), "little")
        elif chunk.name in (b"data", b"SSND"):
            claimed = long_size if long_size and chunk.size == _RF64_SIZE else chunk.size
            return _of_data(source, chunk.start, claimed, bytes_per_sec)
    return None


def _of_data(source: Source, start: int, claimed: int, bytes_per_sec: int) -> DeclaredLength | None:
    present = source.size - source.start - start
    if (
        claimed == 0
        or present <= 0
        or (claimed >= _LEAST_UNKNOWN_32 and claimed > present and _is_placeholder(claimed))
    ):
        return None
    overrun = max(0, present - claimed)
    if overrun:
        overrun = 0 if _is_orderly(_read_at(source, start + claimed + claimed % 2, 8)) else overrun
    return DeclaredLength(claimed, present, overrun, bytes_per_sec)


def _is_placeholder(claimed: int) -> bool:
    return claimed <= 0x80000000 or claimed >= 0xFFFFFF00


def _is_orderly(follower: bytes) -> bool:
    """Say whether what follows the audio looks like another chunk, a tag, or padding."""
    name = follower[:4]
    return len(follower) < 8 or name.startswith(_FOLLOWERS) or all(32 <= byte < 127 for byte in name)
