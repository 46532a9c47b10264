"""Where the audio payload lies in a container, so that tags and headers can be told from music.

Only structure is read; nothing is decoded. Reads are budgeted, so a hostile file costs neither minutes nor memory.
"""

import errno
import os
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from . import riff
from .formats import recognise
from .id3 import audio_span

_MAX_READS: Final = 100_000
_MAX_BYTES: Final = 32 << 20
_MAX_CHUNKS: Final = 10_000  # of a RIFF or AIFF file; usual ones have a dozen
_MAX_SETUP: Final = 1 << 20
_HEAD: Final = 64
_MAX_POSITION: Final = 2**63 - 1


class Payload(NamedTuple):
    """The audio bytes of a file.

    Parameters
    ----------
    kind : bytes
        The container; ``plain`` if it is unknown or cannot be parsed.
    spans : list of (int, int)
        Start and end of each part, in file order.
    setup : bytes
        Codec configuration, without which the payload cannot be decoded.
    """

    kind: bytes
    spans: list[tuple[int, int]]
    setup: bytes = b""


class UnparsableError(Exception):
    """The structure contradicts the first bytes, or exceeds the budget."""


class BudgetedReader:
    """Reads a file's structure within a fixed number of reads and bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reads, self._bytes = _MAX_READS, _MAX_BYTES

    def read(self, position: int, size: int) -> bytes:
        """Read up to *size* bytes at *position*.

        Raises
        ------
        UnparsableError
            The budget is spent.
        """
        self._reads -= 1
        self._bytes -= size
        if min(self._reads, self._bytes) < 0:
            raise UnparsableError
        return read_at(self._file, position, size)


def read_at(file: BinaryIO, position: int, size: int) -> bytes:
    """Read up to *size* bytes at *position*; none where no file can reach."""
    if size <= 0 or position > _MAX_POSITION:
        return b""
    try:
        file.seek(position)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return b""  # beyond what the file system can hold
    return file.read(size) or b""


def find_payload(file: BinaryIO) -> Payload:
    """Return the audio payload; for an unknown container, everything between the tags at the ends.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    reader = BudgetedReader(file)
    start, end = 0, os.fstat(file.fileno()).st_size
    try:
        start, end = audio_span(reader.read, end)
        container = recognise(reader.read(start, _HEAD))
        find = _FINDERS.get(container.demuxer) if container is not None else None
        payload = None if find is None else find(reader, start, end)
        if payload is not None and any(last > first for first, last in payload.spans):
            return payload
    except UnparsableError:
        pass  # the whole file is its payload
    return Payload(b"plain", [(start, end)])


def _chunks(file: BudgetedReader, start: int, end: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start, end) of the chunks of a RIFF or AIFF file; one longer than the file ends with it."""
    count = 0
    for chunk in riff.read_chunks(file.read, start + 12, layout, _MAX_CHUNKS):
        if chunk.start > end:
            return
        yield chunk.name, chunk.start, min(chunk.start + chunk.size, end)
        count += 1
    if count == _MAX_CHUNKS:
        raise UnparsableError


def _wave(file: BudgetedReader, start: int, end: int) -> Payload:
    setup, spans = bytearray(), []
    whole = file.read(start, 4) == b"RF64"
    for name, first, last in _chunks(file, start, end, riff.RIFF):
        if name == b"fmt ":
            setup += file.read(first, min(last - first, _MAX_SETUP))
        elif name == b"data":
            spans.append((first, end if whole else last))
            if whole:
                break
    return Payload(b"wave", spans, bytes(setup))


def _aiff(file: BudgetedReader, start: int, end: int) -> Payload:
    setup, spans = bytearray(), []
    for name, first, last in _chunks(file, start, end, riff.AIFF):
        if name == b"COMM":
            setup += file.read(first, min(last - first, _MAX_SETUP))
        elif name == b"SSND":
            spans.append((first, last))
    return Payload(b"aiff", spans, bytes(setup))


def _flac(file: BudgetedReader, start: int, end: int) -> Payload:
    """The frames; STREAMINFO, with its MD5 of the decoded samples, is the setup."""
    setup, position = b"", start + 4
    while True:
        head = file.read(position, 4)
        if len(head) < 4:
            break
        size = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == 0:
            setup = file.read(position + 4, min(size, _MAX_SETUP))
        position += 4 + size
        if head[0] & 0x80:
            return Payload(b"flac", [(position, end)], setup)
    raise UnparsableError


def boxes(file: BudgetedReader, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start, end) of the boxes between two positions of an MP4 file."""
    position = start
    while True:
        head = file.read(position, 16)
        if len(head) < 8 or position + 8 > end:
            return
        size, content = int.from_bytes(head[:4], "big"), position + 8
        if size == 1 and len(head) == 16:
            size, content = int.from_bytes(head[8:], "big"), position + 16
        last = end if size == 0 else position + size
        if last < content:
            raise UnparsableError
        yield head[4:8], content, min(last, end)
        position = last


def _mp4(file: BudgetedReader, start: int, end: int) -> Payload:
    """The media data; the sample descriptions of the tracks are the setup."""
    setup, spans = bytearray(), []
    for name, first, last in boxes(file, start, end):
        if name == b"mdat":
            spans.append((first, last))
        elif name == b"moov":
            setup += b"".join(_descriptions(file, first, last, 0))
    return Payload(b"mp4", spans, bytes(setup))


def _descriptions(file: BudgetedReader, start: int, end: int, depth: int) -> Iterator[bytes]:
    for name, first, last in boxes(file, start, end):
        if name in {b"trak", b"mdia", b"minf", b"stbl"} and depth < 5:
            yield from _descriptions(file, first, last, depth + 1)
        elif name in {b"stsd", b"stts", b"stsz"}:
            yield file.read(first, min(last - first, _MAX_SETUP))


def _ogg(file: BudgetedReader, start: int, end: int) -> Payload:
    """The page bodies after the header packets. Page headers are left out: retagging renumbers them."""
    setup, spans, position, started = bytearray(), [], start, False
    while True:
        head = file.read(position, 27 + 255)
        if len(head) < 27 or position >= end:
            break
        if head[:4] != b"OggS":
            raise UnparsableError
        table = head[27 : 27 + head[26]]
        first = position + 27 + len(table)
        position = first + sum(table)
        granule = int.from_bytes(head[6:14], "little", signed=True)  # 0 in header pages, -1 where no packet ends
        if head[5] & 2:  # beginning of stream: the codec identification packet
            setup += file.read(first, min(sum(table), _MAX_SETUP))
            started = False
        elif granule > 0 or (started and granule):
            spans.append((first, min(position, end)))
            started = True
    return Payload(b"ogg", spans, bytes(setup))


def _matroska(file: BudgetedReader, start: int, end: int) -> Payload:
    """The clusters; the track descriptions are the setup."""
    setup, spans = bytearray(), []
    for name, first, last in elements(file, start, end):
        if name == _SEGMENT:
            for inner, content, after in elements(file, first, last):
                if inner == _TRACKS:
                    setup += file.read(content, min(after - content, _MAX_SETUP))
                elif inner == _CLUSTER:
                    spans.append((content, after))
    return Payload(b"matroska", spans, bytes(setup))


_SEGMENT, _TRACKS, _CLUSTER = 0x18538067, 0x1654AE6B, 0x1F43B675


def elements(file: BudgetedReader, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start, end) of the elements between two positions of a Matroska file."""
    position = start
    while True:
        head = file.read(position, 12)
        if position >= end or len(head) < 2:
            return
        name_bytes = 9 - head[0].bit_length()
        size_bytes = 9 - head[name_bytes].bit_length() if name_bytes < len(head) else 9
        if name_bytes > 4 or size_bytes > 8:
            raise UnparsableError
        sized = int.from_bytes(head[name_bytes : name_bytes + size_bytes], "big")
        mask = (1 << 7 * size_bytes) - 1
        content = position + name_bytes + size_bytes
        last = end if sized & mask == mask else content + (sized & mask)  # all ones: unknown size
        yield int.from_bytes(head[:name_bytes], "big"), content, min(last, end)
        position = last


def _dsf(file: BudgetedReader, start: int, end: int) -> Payload:
    """The samples; the format chunk is the setup. The header before it holds the offset of the tags."""
    size = int.from_bytes(file.read(start + 84, 8), "little")
    return Payload(b"dsf", [(start + 92, min(start + 80 + size, end))], file.read(start + 28, 52))


def _asf(file: BudgetedReader, start: int, end: int) -> Payload:
    """The packets of the data object, without its header, which repeats the file id."""
    position = start
    while True:
        head = file.read(position, 24)
        size = int.from_bytes(head[16:], "little")
        if len(head) < 24 or size < 24:
            raise UnparsableError
        if head[:16] == _ASF_DATA:
            return Payload(b"asf", [(position + 50, min(position + size, end))])
        position += size


_ASF_DATA: Final = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")

_FINDERS: Final = {
    "wav": _wave,
    "aiff": _aiff,
    "flac": _flac,
    "mov": _mp4,
    "ogg": _ogg,
    "asf": _asf,
    "matroska": _matroska,
    "dsf": _dsf,
}
