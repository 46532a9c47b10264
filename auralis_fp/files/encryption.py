"""Marks of encryption in containers: FairPlay and Common Encryption in MP4, Windows Media DRM, Matroska, OpenMG."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from .containers import BudgetedReader, UnparsableError, boxes, elements
from .formats import recognise
from .id3 import syncsafe

_HEAD: Final = 64
_MP4_PATH: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_MP4_ENTRIES: Final = {b"drms": "FairPlay", b"enca": "Common Encryption", b"aavd": "Audible"}
_ASF_SCHEMES: Final = {
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"): "Windows Media DRM",
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"): "Windows Media DRM",
    bytes.fromhex("338505438169e6499b74ad12cb86d58c"): "PlayReady",
}
_ASF_HEADER: Final = 30  # bytes before the first object
_SEGMENT, _TRACKS, _TRACK, _TRACK_TYPE = 0x18538067, 0x1654AE6B, 0xAE, 0x83
_ENCODINGS, _ENCODING, _ENCRYPTION = 0x6D80, 0x6240, 0x5035
_AUDIO: Final = 2


_OPENMG_PLAIN: Final = frozenset((0xFFFF, 0xFF80))  # key ids of files that are not encrypted


def encryption_scheme(file: BinaryIO, start: int, end: int) -> str | None:
    """Return the name of the encryption of a file's audio; None if it is not marked as encrypted.

    Parameters
    ----------
    file : binary file
    start, end : int
        Where the container begins and ends, without tags around it.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    reader = BudgetedReader(file)
    try:
        container = recognise(reader.read(start, _HEAD))
        find = _FINDERS.get(container.demuxer) if container is not None else None
        schemes = [*find(reader, start, end)] if find is not None else []
    except UnparsableError:
        return None
    return next((scheme for scheme in schemes if scheme), None) if all(schemes) else None


def _mp4(file: BudgetedReader, start: int, end: int, depth: int = 0) -> Iterator[str]:
    """Yield the scheme of each audio track; empty for one that is not encrypted."""
    for name, first, last in boxes(file, start, end):
        if name in _MP4_PATH and depth < len(_MP4_PATH):
            yield from _mp4(file, first, last, depth + 1)
        elif name == b"stsd":
            for entry, *_ in boxes(file, first + 8, last):
                if entry in _MP4_ENTRIES or entry not in _MP4_VIDEO:
                    yield _MP4_ENTRIES.get(entry, "")


_MP4_VIDEO: Final = frozenset(
    {b"encv", b"drmi", b"avc1", b"hvc1", b"hev1", b"mp4v", b"text", b"tx3g", b"jpeg", b"tmcd"}
)


def _asf(file: BudgetedReader, start: int, end: int) -> Iterator[str]:
    """Yield the scheme of a header object that marks encryption."""
    header = file.read(start, _ASF_HEADER)
    position, last = start + _ASF_HEADER, min(end, start + int.from_bytes(header[16:24], "little"))
    while position + 24 <= last:
        head = file.read(position, 24)
        size = int.from_bytes(head[16:24], "little")
        if size < 24:
            raise UnparsableError
        if head[:16] in _ASF_SCHEMES:
            yield _ASF_SCHEMES[head[:16]]
        position += size


def _openmg(file: BudgetedReader, start: int, end: int) -> Iterator[str]:
    """Yield the scheme of the audio behind the tags."""
    header = file.read(start, 10)
    if header[:3] == b"ea3":  # tags like those of ID3v2
        size = syncsafe(header[6:])
        header = file.read(start + 10 + size, 10) if start + 10 + size + 10 <= end else b""
    if header[:3] == b"EA3":
        yield "" if int.from_bytes(header[6:8], "big") in _OPENMG_PLAIN else "OpenMG"


def _matroska(file: BudgetedReader, start: int, end: int) -> Iterator[str]:
    """Yield the scheme of each audio track; empty for one that is not encrypted."""
    for first, last in _inside(file, [(start, end)], _SEGMENT, _TRACKS, _TRACK):
        kinds = [file.read(at, 1) for name, at, _ in elements(file, first, last) if name == _TRACK_TYPE]
        if kinds == [bytes((_AUDIO,))]:
            encrypted = any(_inside(file, [(first, last)], _ENCODINGS, _ENCODING, _ENCRYPTION))
            yield "Matroska encryption" if encrypted else ""


def _inside(file: BudgetedReader, spans: list[tuple[int, int]], *names: int) -> list[tuple[int, int]]:
    """Return the spans of the elements at the end of a path of names."""
    for name in names:
        spans = [(at, last) for start, end in spans for found, at, last in elements(file, start, end) if found == name]
    return spans


_FINDERS: Final = {"mov": _mp4, "asf": _asf, "matroska": _matroska, "oma": _openmg}
