"""Pitch stability: how much of the voiced time a pitch stays where it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_JUMP_CENTS: Final = 100.0  # between neighbouring frames: another note, not a glide
_UNHEARD_CENTS: Final = 5.0  # the just noticeable difference of pitch, about 3 per mille


def steadiness(cents: NDArray[np.floating], voiced: NDArray[np.bool_], side: int, least: int, halving: float) -> float:
    """Return the number of frames that hold a steady pitch, frames with a moving pitch counting less.

    Parameters
    ----------
    cents : ndarray, shape (frames,)
        Pitch of each frame.
    voiced : ndarray, shape (frames,), bool
        Which frames have a pitch.
    side : int
        Frames on either side of a frame with which its pitch is compared, if they belong to the same note.
    least : int
        Frames of a note; shorter ones do not count.
    halving : float
        Audible range of pitch, in cents, at which a frame counts half.

    Returns
    -------
    float

    Notes
    -----
    ``sum(1 / (1 + max(0, range - 5) / halving))``: five cents are not heard. A note ends at an unvoiced frame and
    where the pitch jumps by more than a semitone from one frame to the next.

    Examples
    --------
    >>> pitch, voiced = np.array([0.0, 0.0, 700.0, 730.0]), np.ones(4, dtype=bool)
    >>> steadiness(pitch, voiced, 1, 2, 25.0)
    3.0
    """
    starts = voiced & np.append(True, ~voiced[:-1] | (np.abs(np.diff(cents)) > _JUMP_CENTS))
    notes = np.cumsum(starts, dtype=np.int32)
    notes *= voiced  # 0 where unvoiced
    highest, lowest = cents.copy(), cents.copy()
    for step in range(1, min(side + 1, len(cents))):
        same = notes[step:] == notes[:-step]
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            np.maximum(highest[here], cents[there], out=highest[here], where=same)
            np.minimum(lowest[here], cents[there], out=lowest[here], where=same)
    held = voiced & (np.bincount(notes) >= least)[notes]
    moved = np.maximum(highest[held] - lowest[held] - _UNHEARD_CENTS, 0)
    return float((1 / (1 + moved / halving)).sum())
