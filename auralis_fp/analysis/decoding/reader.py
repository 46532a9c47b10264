"""What the readers of sound files have in common."""

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
    """What is known of a file before its samples are read.

    Parameters
    ----------
    sample_rate : int
        Hz, 1,000 to 1,000,000.
    channels : int
        1 to 32.
    format : str
        The container, a name of ``formats.FORMATS`` or a variant (``mp2``, ``mp4``, ``mov``, ``3gp``, ``webm``).
    codec : str
        What the samples are packed with: ``pcm_s16``, ``flac``, ``mp3``, ``vorbis``, ...
    declared_sec : float or None
        Length as the file states it or as its size suggests; None if nothing tells.
    positions : tuple of str
        One per channel: ``M`` (mono), ``FL``, ``FR``, ``FC``, ``LFE``, ``BL``, ``BR``, ``SL``, ``SR``, ``BC``,
        another of libav's names, or ``?``.
    """

    sample_rate: int
    channels: int
    format: str
    codec: str
    declared_sec: float | None
    positions: tuple[str, ...]


class Reader(Protocol):
    """One open file, read once from begin to end.

    ``damaged`` and ``reshaped`` say whether bad data was skipped and whether parts had another rate or channel count
    than the rest; ``length_stated`` whether ``info.declared_sec`` is the file's own word. Final after ``blocks``.
    """

    info: AudioInfo
    length_stated: bool
    damaged: bool
    reshaped: bool

    def blocks(self) -> Iterator[FloatArray]:
        """Hand out all samples, (samples, channels), float32, full scale 1.0."""
        ...

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        ...


def usual_positions(channels: int) -> tuple[str, ...]:
    """Where channels stand if the file does not say, for any number of them."""
    return _USUAL_POSITIONS.get(channels, ("?",) * channels)


def check_limits(sample_rate: int, channels: int) -> None:
    """Refuse audio nobody has.

    Raises
    ------
    DecodeError
        ``limits``: no channel or more than 32, or a sample rate outside 1 kHz to 1 MHz.
    """
    if not 1 <= channels <= MAX_CHANNELS:
        raise DecodeError("limits", f"The file has {channels} channels; 1 to {MAX_CHANNELS} can be analysed.")
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise DecodeError("limits", f"The sample rate is {sample_rate} Hz; 1 kHz to 1 MHz can be analysed.")
