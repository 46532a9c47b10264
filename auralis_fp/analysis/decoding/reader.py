"""Interface and limits of the audio file readers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from ...errors import DecodeError
from ..types import FloatArray

BLOCK_SAMPLES: Final = 32768
MAX_CHANNELS: Final = 32
MIN_RATE_HZ: Final = 1_000
MAX_RATE_HZ: Final = 1_000_000

_USUAL_POSITIONS: Final = {
    1: ("M",),
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """Properties of a file, known before its samples are read.

    Parameters
    ----------
    sample_rate : int
        Hz, 1,000 to 1,000,000.
    channels : int
        1 to 32.
    format : str
        The container, a name of ``formats.FORMATS`` or a variant (``mp2``, ``mp4``, ``mov``, ``3gp``, ``webm``).
    codec : str
        ``pcm_s16``, ``flac``, ``mp3``, ``vorbis``, ...
    declared_sec : float or None
        Length as the file states it or as estimated from its size; None if unknown.
    decoder : str
        Library that decodes the file, and its version.
    positions : tuple of str
        Position of each channel: ``M`` (mono), ``FL``, ``FR``, ``FC``, ``LFE``, ``BL``, ``BR``, ``SL``, ``SR``,
        ``BC``, another name of libav, or ``?``.
    """

    sample_rate: int
    channels: int
    format: str
    codec: str
    declared_sec: float | None
    decoder: str
    positions: tuple[str, ...]


class Reader(Protocol):
    """An open file, read once from start to end.

    ``damaged`` is True if bad data was skipped, ``reshaped`` if parts had another sample rate or channel count; both
    are final after `blocks`. ``length_stated`` is True if the file itself states ``info.declared_sec``.
    """

    info: AudioInfo
    length_stated: bool
    damaged: bool
    reshaped: bool

    def blocks(self) -> Iterator[FloatArray]:
        """Yield all samples, shape (samples, channels), float32, full scale 1.0; see ``AudioStream.blocks``."""
        ...

    @property
    def unread_bytes(self) -> int:
        """Bytes of the file after the latest decoded one; 0 if unknown."""
        ...

    def close(self) -> None:
        """Close the decoder, not the file. May be called twice."""
        ...


def usual_positions(channels: int) -> tuple[str, ...]:
    """Return the default positions of any number of channels."""
    return _USUAL_POSITIONS.get(channels, ("?",) * channels)


def check_limits(sample_rate: int, channels: int) -> None:
    """Check that sample rate and channel count are within limits.

    Parameters
    ----------
    sample_rate : int
        Hz.
    channels : int

    Raises
    ------
    DecodeError
        ``limits``: no channel or more than 32, or a sample rate outside 1 kHz to 1 MHz.
    """
    if not 1 <= channels <= MAX_CHANNELS:
        raise DecodeError("limits", f"The file has {channels} channels; 1 to {MAX_CHANNELS} are supported.")
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise DecodeError("limits", f"The sample rate is {sample_rate} Hz; 1 kHz to 1 MHz is supported.")
