"""The metadata and the attached picture that libav finds in a container: Matroska, WavPack, CAF, TTA, DSF and more."""

from typing import Any, Final

import av
from av.container import InputContainer
from av.stream import Disposition

from ...files.formats import recognise
from .av_reader import open_container
from .source import Source

_PROBE_BYTES: Final = "32768"
_FALLBACK_ENCODING: Final = "cp1252"  # of taggers that write neither what the format demands nor UTF-8


def read_container(source: Source) -> tuple[dict[str, list[str]], bytes | None]:
    """Return a file's metadata by libav's keys, and its first attached picture.

    Parameters
    ----------
    source : Source

    Returns
    -------
    metadata : dict of str to list of str
        Of the container and, behind it, of the first audio stream.
    picture : bytes or None

    Raises
    ------
    DecodeError
        libav cannot open the file.
    """
    source.seek(0)
    container = open_container(source, recognise(source.head), {"probesize": _PROBE_BYTES})
    try:
        found: dict[str, list[str]] = {}
        for metadata in (container.metadata, *(stream.metadata for stream in container.streams.audio[:1])):
            for key, value in metadata.items():
                found.setdefault(_text(key), []).append(_text(value))
        return found, _picture(container)
    finally:
        container.close()


def _text(value: str) -> str:
    """Return a value that is not UTF-8, which comes with surrogates for its bytes, in the usual Western encoding."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(_FALLBACK_ENCODING, "replace")


def _picture(container: InputContainer) -> bytes | None:
    streams: tuple[Any, ...] = container.streams.video
    attached = [stream for stream in streams if stream.disposition & Disposition.attached_pic]
    if not attached:
        return None
    try:
        packet = next(container.demux(attached[0]), None)
    except (av.FFmpegError, ValueError):
        return None
    return None if packet is None or not packet.size else bytes(packet)
