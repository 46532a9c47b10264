"""Which music a file holds, whatever its name, place and tags: a digest of the sound's own bytes.

Only the bytes around them are read as structure; nothing is decoded. These functions block; they are called in threads.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from .descriptors import is_within
from .formats import recognise
from .regular import open_regular

DIGEST_BYTES: Final = 16
WHOLE: Final = 1 << 20  # payloads up to this size are read completely
SAMPLES: Final = 256  # of longer ones, as many pieces, the first and the last bytes among them
SAMPLE_BYTES: Final = 4 << 10
_VERSION: Final = b"1"  # of this scheme: digests of another never match
_MOST_READS: Final = 100_000  # of a file's structure; one made of more parts is told apart by all of its bytes
_MOST_STRUCTURE: Final = 32 << 20  # bytes read as structure, for the same reason
_MOST_CHUNKS: Final = 10_000  # of a RIFF or AIFF file, which has a dozen
_SMALL_PART: Final = 1 << 20
_HEAD: Final = 64
_FARTHEST: Final = 2**63 - 1  # that can be sought


class Payload(NamedTuple):
    """Where the sound lies in a file: ``spans`` of (start, end), and ``setup``, without which it cannot be read."""

    kind: bytes
    spans: list[tuple[int, int]]
    setup: bytes = b""


class _NotUnderstoodError(Exception):
    """The structure is not what the first bytes promise, or there is too much of it."""


class _Structure:
    """What is read of a file to find the sound in it: neither time nor memory is for the file to choose."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reads, self._bytes = _MOST_READS, _MOST_STRUCTURE

    def read(self, position: int, size: int) -> bytes:
        """Read what is there.

        Raises
        ------
        _NotUnderstoodError
            Too much was read already.
        """
        self._reads -= 1
        self._bytes -= size
        if min(self._reads, self._bytes) < 0:
            raise _NotUnderstoodError
        return _read(self._file, position, size)


def content_id(path: bytes, bounds: Sequence[bytes] = ()) -> bytes | None:
    """Return what names the music in a file; None if it cannot be read.

    The same for copies, links and retagged versions of a file; different for everything that sounds different, but for
    changes that lie between the samples of a payload of more than a megabyte.

    Parameters
    ----------
    path : bytes
        As the operating system spells it.
    bounds : sequence of bytes
        Folders, free of links, one of which the file must lie below once it is open; none: anywhere.
    """
    try:
        with os.fdopen(open_regular(path), "rb", buffering=0) as file:
            if bounds and not is_within(file.fileno(), path, bounds):
                return None
            return _digest(file, find_payload(file))
    except (OSError, ValueError):
        return None


def find_payload(file: BinaryIO) -> Payload:
    """Return where the sound lies; in a file that is not understood, everything but the tags at its ends.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    structure = _Structure(file)
    start, end = 0, os.fstat(file.fileno()).st_size
    try:
        start, end = _without_tags(structure, end)
        form = recognise(structure.read(start, _HEAD))
        find = _FINDERS.get(form.demuxer) if form is not None else None
        payload = None if find is None else find(structure, start, end)
        if payload is not None and any(last > first for first, last in payload.spans):
            return payload
    except _NotUnderstoodError:
        pass  # what cannot be taken apart is taken whole
    return Payload(b"plain", [(start, end)])


def _digest(file: BinaryIO, payload: Payload) -> bytes:
    length = sum(end - start for start, end in payload.spans)
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    digest.update(b"%s %s %d %d\n" % (_VERSION, payload.kind, length, len(payload.setup)))
    digest.update(payload.setup)
    for position, size in _pieces(payload.spans, length):
        digest.update(_read(file, position, size))
    return digest.digest()


def _pieces(spans: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Yield (position, size) of what is read: all of a short payload, evenly spread samples of a long one.

    Samples are counted in bytes of sound, so they do not move when the sound is cut into other spans.
    """
    samples, size = (SAMPLES, SAMPLE_BYTES) if length > WHOLE else (1, length)
    at, passed, behind = 0, 0, 0  # the sample at hand, sound before this span, sound read so far
    for start, end in spans:
        while at < samples:
            first = max(at * (length - size) // max(1, samples - 1), behind)
            last = at * (length - size) // max(1, samples - 1) + size
            if first >= passed + end - start:
                break
            behind = min(last, passed + end - start)
            for position in range(start + first - passed, start + behind - passed, _SMALL_PART):
                yield position, min(_SMALL_PART, start + behind - passed - position)
            if behind < last:  # goes on in the next span
                break
            at += 1
        passed += end - start


def _read(file: BinaryIO, position: int, size: int) -> bytes:
    """Read what is there; nothing where a file points to places that no file has."""
    if size <= 0 or position > _FARTHEST:
        return b""
    file.seek(position)
    return file.read(size) or b""


def _without_tags(file: _Structure, size: int) -> tuple[int, int]:
    """Return the part of a file between ID3v2 tags at its begin and ID3v1, Lyrics3 and APEv2 tags at its end."""
    start = 0
    while (tag := file.read(start, 10))[:3] == b"ID3" and len(tag) == 10 and max(tag[6:]) < 128:
        length = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
        start += 10 + length + (10 if tag[5] & 0x10 else 0)
    if start >= size:
        return 0, size
    end = size
    while (shorter := _before_tag(file, start, end)) != end:
        end = shorter
    return start, end


def _before_tag(file: _Structure, start: int, end: int) -> int:
    """Return where the last tag before *end* begins; *end* if there is none."""
    tail = file.read(max(start, end - 128), min(128, end - start))
    if len(tail) == 128 and tail[:3] == b"TAG":
        return end - 128
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return max(start, end - 15 - int(tail[-15:-9]))
    if tail[-32:-24] == b"APETAGEX":
        length = int.from_bytes(tail[-20:-16], "little") + (32 if tail[-9] & 0x80 else 0)
        return max(start, end - length) if 32 <= length <= end - start else end
    return end


# what containers are made of: (name, where its content begins, where it ends)


def _riff_parts(file: _Structure, start: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield the chunks of a RIFF or AIFF file; one that claims to be longer than the file ends with it."""
    position = start + 12
    for _ in range(_MOST_CHUNKS):
        head = file.read(position, 8)
        if len(head) < 8 or position + 8 > end:
            return
        size = int.from_bytes(head[4:], "little" if order == "<" else "big")
        content = position + 8
        yield head[:4], content, min(content + size, end)
        position = content + size + (size & 1)
    raise _NotUnderstoodError


def _wave(file: _Structure, start: int, end: int) -> Payload:
    setup, spans = bytearray(), []
    whole = file.read(start, 4) == b"RF64"
    for name, first, last in _riff_parts(file, start, end, "<"):
        if name == b"fmt ":
            setup += file.read(first, min(last - first, _SMALL_PART))
        elif name == b"data":
            spans.append((first, end if whole else last))
            if whole:
                break
    return Payload(b"wave", spans, bytes(setup))


def _aiff(file: _Structure, start: int, end: int) -> Payload:
    setup, spans = bytearray(), []
    for name, first, last in _riff_parts(file, start, end, ">"):
        if name == b"COMM":
            setup += file.read(first, min(last - first, _SMALL_PART))
        elif name == b"SSND":
            spans.append((first, last))
    return Payload(b"aiff", spans, bytes(setup))


def _flac(file: _Structure, start: int, end: int) -> Payload:
    """The frames, and the stream information, which holds a digest of what they decode to."""
    setup, position = b"", start + 4
    while True:
        head = file.read(position, 4)
        if len(head) < 4:
            break
        size = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == 0:
            setup = file.read(position + 4, min(size, _SMALL_PART))
        position += 4 + size
        if head[0] & 0x80:
            return Payload(b"flac", [(position, end)], setup)
    raise _NotUnderstoodError


def _boxes(file: _Structure, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes of an MP4 file, or inside one."""
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
            raise _NotUnderstoodError
        yield head[4:8], content, min(last, end)
        position = last


def _mp4(file: _Structure, start: int, end: int) -> Payload:
    """The media data, and what the tracks say of how to read it."""
    setup, spans = bytearray(), []
    for name, first, last in _boxes(file, start, end):
        if name == b"mdat":
            spans.append((first, last))
        elif name == b"moov":
            setup += b"".join(_descriptions(file, first, last, 0))
    return Payload(b"mp4", spans, bytes(setup))


def _descriptions(file: _Structure, start: int, end: int, depth: int) -> Iterator[bytes]:
    for name, first, last in _boxes(file, start, end):
        if name in {b"trak", b"mdia", b"minf", b"stbl"} and depth < 5:
            yield from _descriptions(file, first, last, depth + 1)
        elif name in {b"stsd", b"stts", b"stsz"}:
            yield file.read(first, min(last - first, _SMALL_PART))


def _ogg(file: _Structure, start: int, end: int) -> Payload:
    """The pages behind the headers, without their own heads: retagging numbers and sums them anew."""
    setup, spans, position, sounding = bytearray(), [], start, False
    while True:
        head = file.read(position, 27 + 255)
        if len(head) < 27 or position >= end:
            break
        if head[:4] != b"OggS":
            raise _NotUnderstoodError
        table = head[27 : 27 + head[26]]
        first = position + 27 + len(table)
        position = first + sum(table)
        moment = int.from_bytes(head[6:14], "little", signed=True)  # 0 in headers, -1 where no packet ends
        if head[5] & 2:  # a stream begins here, with the packet that says what it is
            setup += file.read(first, min(sum(table), _SMALL_PART))
            sounding = False
        elif moment > 0 or (sounding and moment):
            spans.append((first, min(position, end)))
            sounding = True
    return Payload(b"ogg", spans, bytes(setup))


def _matroska(file: _Structure, start: int, end: int) -> Payload:
    """The clusters, and the description of the tracks."""
    setup, spans = bytearray(), []
    for name, first, last in _elements(file, start, end):
        if name == _SEGMENT:
            for inner, content, after in _elements(file, first, last):
                if inner == _TRACKS:
                    setup += file.read(content, min(after - content, _SMALL_PART))
                elif inner == _CLUSTER:
                    spans.append((content, after))
    return Payload(b"matroska", spans, bytes(setup))


_SEGMENT, _TRACKS, _CLUSTER = 0x18538067, 0x1654AE6B, 0x1F43B675


def _elements(file: _Structure, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the elements of a Matroska file, or inside one."""
    position = start
    while True:
        head = file.read(position, 12)
        if position >= end or len(head) < 2:
            return
        name_bytes = 9 - head[0].bit_length()
        size_bytes = 9 - head[name_bytes].bit_length() if name_bytes < len(head) else 9
        if name_bytes > 4 or size_bytes > 8:
            raise _NotUnderstoodError
        sized = int.from_bytes(head[name_bytes : name_bytes + size_bytes], "big")
        mask = (1 << 7 * size_bytes) - 1
        content = position + name_bytes + size_bytes
        last = end if sized & mask == mask else content + (sized & mask)  # all ones: as long as it takes
        yield int.from_bytes(head[:name_bytes], "big"), content, min(last, end)
        position = last


def _dsf(file: _Structure, start: int, end: int) -> Payload:
    """The samples; what lies in front of the format says where tags are."""
    size = int.from_bytes(file.read(start + 84, 8), "little")
    return Payload(b"dsf", [(start + 92, min(start + 80 + size, end))], file.read(start + 28, 52))


def _asf(file: _Structure, start: int, end: int) -> Payload:
    """The data object: its packets, without the head that repeats the file's id."""
    position = start
    while True:
        head = file.read(position, 24)
        size = int.from_bytes(head[16:], "little")
        if len(head) < 24 or size < 24:
            raise _NotUnderstoodError
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
