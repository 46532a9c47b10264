"""Detection of other bitstreams in PCM samples: DTS, IEC 61937 (AC-3 and others), and DSD over PCM."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray

LOSSLESS: Final = frozenset({"alac", "ape", "flac", "mlp", "tak", "truehd", "tta", "wavpack", "wmalossless"})
_BLOCKS: Final = 4  # that are not silent: three seconds of music
_LEAST_FRAMES: Final = 2
_DOP_MARKERS: Final = (0x05, 0xFA)
_LEAST_DOP: Final = 256  # consecutive samples

# Sync words, and a mask and value of the third word: all in the byte order of the samples.
_SYNCS: Final = {
    "DTS": ((0x7FFE, 0x8001, 0xFC00, 0xFC00), (0x1FFF, 0xE800, 0xFFF0, 0x07F0)),
    "IEC 61937": ((0xF872, 0x4E1F, 0xE000, 0x0000),),
}


def find_bitstream(samples: FloatArray) -> str | None:
    """Return the name of the bitstream that PCM samples carry, or None for audio.

    Parameters
    ----------
    samples : ndarray, shape (samples, channels), float32
        Full scale 1.0.

    Returns
    -------
    str or None
        ``DTS``, ``IEC 61937`` or ``DSD over PCM``.

    Notes
    -----
    DTS and IEC 61937 frames begin with fixed 32-bit words, in 16-bit samples of either byte order; two of them must
    follow. DSD over PCM marks the highest byte of each 24-bit sample with 05 and FA in turn.

    References
    ----------
    ETSI TS 102 114 (DTS), IEC 61937-1, and the DoP open standard 1.1.

    Examples
    --------
    >>> words = np.zeros(4096, dtype=np.uint16)
    >>> words[::1024], words[1::1024], words[2::1024] = 0xF872, 0x4E1F, 0x0001
    >>> find_bitstream((words.view(np.int16) / np.float32(32768)).reshape(-1, 2))
    'IEC 61937'
    """
    if not (samples.min(initial=0) >= -1 and samples.max(initial=0) <= 1):  # also if one is not a number
        return None
    scaled = samples * np.float32(32768)
    np.rint(scaled, out=scaled)
    np.minimum(scaled, 32767, out=scaled)
    words = scaled.astype(np.int16, order="C").view(np.uint16).reshape(-1)
    for name, syncs in _SYNCS.items():
        if any(_count(words, sync, swapped=order) >= _LEAST_FRAMES for order in (False, True) for sync in syncs):
            return name
    return "DSD over PCM" if _is_dop(samples) else None


def _count(words: NDArray[np.uint16], sync: tuple[int, int, int, int], *, swapped: bool) -> int:
    """Return how often the three words of a sync follow each other, with swapped bytes on request."""
    first = int.from_bytes(sync[0].to_bytes(2, "big"), "little" if swapped else "big")
    at = np.flatnonzero(words[:-2] == first)
    following = words[at + 1], words[at + 2]
    second, third = (each.byteswap() for each in following) if swapped else following
    return int(((second == sync[1]) & (third & np.uint16(sync[2]) == sync[3])).sum())


def _is_dop(samples: FloatArray) -> bool:
    """Return True if the highest bytes of 24-bit samples are the markers of DSD over PCM, in turn."""
    if len(samples) < _LEAST_DOP:
        return False
    high = np.floor(samples[:_LEAST_DOP] * np.float32(128)).astype(np.int16) & 0xFF
    return any(
        bool((high[start::2] == _DOP_MARKERS[0]).all() and (high[1 - start :: 2] == _DOP_MARKERS[1]).all())
        for start in (0, 1)
    )


class BitstreamDetector:
    """Check the first blocks of a stream that are not silent.

    Parameters
    ----------
    codec : str
        Only samples that are kept exactly are checked.
    """

    def __init__(self, codec: str) -> None:
        self._left = _BLOCKS if codec.startswith("pcm_") or codec in LOSSLESS else 0

    def check(self, block: FloatArray) -> str | None:
        """Return the name of the bitstream in a block, see `find_bitstream`; None for audio."""
        if not self._left:
            return None
        with np.errstate(invalid="ignore"):  # damaged files hold samples that are not numbers
            if not block.any():
                return None
            self._left -= 1
            return find_bitstream(block)
