"""Description of an audio stream that libav has opened."""

from dataclasses import dataclass
from typing import Any, Final, Self

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer

from ...files.formats import DEMUXERS
from .mpeg_header import sec_before_tags
from .ogg_pages import first_granule, start_sec
from .reader import AudioInfo, usual_positions
from .source import Source

_STATE_THE_END: Final = (
    "matroska",
    "asf",
    "ogg",
)  # demuxers whose duration is the time of the end, but for Vorbis in Ogg
_MP3_LENGTHS: Final = (b"Xing", b"Info", b"VBRI")
_NO_POSITIONS: Final = ("NONE", "UN", "USR", "AMBI")
DECODER: Final = "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))
_BRANDS: Final = {"qt": "mov", "3gp": "3gp", "3g2": "3gp", "M4A": "m4a", "M4B": "m4a"}


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Facts of a file that libav does not tell.

    Parameters
    ----------
    head : bytes
        First bytes of the file.
    sec_before_tags : float or None
        Length of an MP3 file that tags follow.
    first_granule : int
        Granule position of the first audio page of an Ogg file.
    """

    head: bytes
    sec_before_tags: float | None
    first_granule: int

    @classmethod
    def of(cls, source: Source) -> Self:
        """Read the facts. Does not restore the position of the source."""
        return cls(source.head, sec_before_tags(source), first_granule(source))


def describe(container: InputContainer, stream: Any, frame: AudioFrame, header: HeaderFacts) -> tuple[AudioInfo, bool]:
    """Describe the stream that a frame belongs to; return True with it if the file states its length.

    Parameters
    ----------
    container : InputContainer
    stream : AudioStream
    frame : AudioFrame
        A typical one of the stream.
    header : HeaderFacts
    """
    codec = stream.codec_context.codec.canonical_name
    if codec.startswith("pcm_"):
        codec = codec.removesuffix("_planar").removesuffix("le").removesuffix("be")
    row = DEMUXERS[container.format.name.split(",")[0]]
    name = _variant(row.name, codec, container, header.head)
    declared_sec = header.sec_before_tags or _declared_sec(container, stream, codec, header.first_granule)
    info = AudioInfo(frame.sample_rate, frame.layout.nb_channels, name, codec, declared_sec, DECODER, _positions(frame))
    return info, row.length_stated or any(mark in header.head for mark in _MP3_LENGTHS)


def _variant(name: str, codec: str, container: InputContainer, head: bytes) -> str:
    if name == "m4a":
        brand = container.metadata.get("major_brand", "").strip()
        return next((variant for start, variant in _BRANDS.items() if brand.startswith(start)), "mp4")
    if name == "matroska" and b"webm" in head[:64]:
        return "webm"
    return "mp2" if name == "mp3" and codec == "mp2" else name


def _declared_sec(container: InputContainer, stream: Any, codec: str, granule: int) -> float | None:
    """Return the length that the container states, from the first sample on."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / av.time_base
    seconds -= _start_sec(container, stream, codec, granule)
    return seconds if seconds > 0 else None


def _start_sec(container: InputContainer, stream: Any, codec: str, granule: int) -> float:
    """Return the time of the first sample, where libav includes it in the length."""
    name = container.format.name.split(",")[0]
    if name not in _STATE_THE_END or (name, codec) == ("ogg", "vorbis"):
        return 0.0
    if stream.start_time:
        return max(0.0, float(stream.start_time * stream.time_base))
    return start_sec(granule, stream.codec_context.sample_rate)


def _positions(frame: AudioFrame) -> tuple[str, ...]:
    channels = frame.layout.nb_channels
    names = tuple(channel.name for channel in frame.layout.channels)
    if channels == 1 or any(not name or name.startswith(_NO_POSITIONS) for name in names):
        return usual_positions(channels)
    return names
