"""The beginning of a file as 16-bit mono PCM, for programs that compute values of their own."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from .decoding.stream import open_audio
from .spectrum.channels import Layout
from .types import FloatArray

HIGHEST_RATE: Final = 44_100  # Hz; a rate of twice this, or more, is divided
_FULL_SCALE: Final = 32_768


def decode_mono_pcm(
    file: bytes | int, bounds: Sequence[bytes], progress: Callable[[float, float], None], most_sec: float
) -> tuple[int, float, bytes]:
    """Decode a whole file, and return its beginning as mono PCM.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which is closed.
    bounds : sequence of bytes
        Folders without symbolic links; a file opened by its path must lie below one of them. Empty: no restriction.
    progress : callable
        Called with the seconds decoded so far and the declared length in seconds (0 if unknown).
    most_sec : float
        Length of the beginning.

    Returns
    -------
    rate : int
        Hz, below 88,200.
    duration_sec : float
        Of the whole file.
    samples : bytes
        Signed 16-bit, least significant byte first: the mean of left and right after the downmix to stereo.

    Raises
    ------
    FileError
        The file cannot be decoded.
    """
    with open_audio(file, bounds) as audio:
        info = audio.info
        factor = max(1, info.sample_rate // HIGHEST_RATE)
        gains = Layout.of(info.positions).downmix.sum(axis=0)
        gains /= gains.sum()
        missing = int(most_sec * info.sample_rate)
        parts: list[bytes] = []
        rest = np.zeros(0, dtype=np.float32)
        for block in audio.blocks():
            progress(audio.frames / info.sample_rate, info.declared_sec or 0.0)
            if missing > 0:
                mono = np.concatenate((rest, block[:missing] @ gains))
                missing -= len(block)
                whole = len(mono) // factor * factor
                parts.append(_int16(mono[:whole].reshape(-1, factor).mean(axis=1)))
                rest = mono[whole:]
        return info.sample_rate // factor, audio.frames / info.sample_rate, b"".join(parts)


def _int16(samples: FloatArray) -> bytes:
    """Return samples of full scale 1.0 as 16-bit integers."""
    rounded = np.rint(samples * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return bytes(rounded.astype("<i2").tobytes())
