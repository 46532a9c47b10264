"""Overlapping frames as views."""

import numpy as np

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled


@has_compiled(compiled.copy_samples)
def copy_samples(block: FloatArray, out: FloatArray) -> None:
    """Copy a block of any memory order.

    Parameters
    ----------
    block : ndarray, shape (samples, channels), float32
    out : ndarray, shape (samples, channels), float32
        C-contiguous; receives the samples.

    Examples
    --------
    >>> out = np.empty((2, 2), dtype=np.float32)
    >>> copy_samples(np.float32([[1, 2], [3, 4]]).T, out)
    >>> out
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    if block.flags.c_contiguous:
        out[...] = block
    else:  # channel by channel; numpy would copy sample by sample
        for channel in range(out.shape[1]):
            out[:, channel] = block[:, channel]


def frame(samples: FloatArray, frame_length: int, hop_length: int) -> FloatArray:
    """Slice a signal into overlapping frames without copying it.

    Parameters
    ----------
    samples : ndarray, shape (samples, channels), float32
        C-contiguous, at least *frame_length* samples.
    frame_length, hop_length : int
        In samples.

    Returns
    -------
    ndarray, shape (frames, frame_length, channels)
        A read-only view; ``frames = (samples - frame_length) // hop_length + 1``.

    Examples
    --------
    >>> frame(np.arange(6, dtype=np.float32)[:, None], 4, 2)[..., 0]
    array([[0., 1., 2., 3.],
           [2., 3., 4., 5.]], dtype=float32)
    """
    sample, channel = samples.strides
    frames: FloatArray = np.ndarray(  # sliding_window_view takes longer than the rest of the framing
        ((len(samples) - frame_length) // hop_length + 1, frame_length, samples.shape[1]),
        dtype=np.float32,
        buffer=samples,
        strides=(hop_length * sample, sample, channel),
    )
    frames.flags.writeable = False
    return frames


def are_silent(frames: FloatArray) -> bool:
    """Return True if all samples of frames are zero.

    Parameters
    ----------
    frames : ndarray, shape (frames, frame_length, channels), float32
        At least one frame.

    Examples
    --------
    >>> are_silent(np.zeros((2, 4, 1), dtype=np.float32))
    True
    """
    return not (frames[0].any() or frames.any())  # the first frame of most batches settles it
