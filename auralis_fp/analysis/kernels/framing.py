"""Overlapping frames as views."""

import numpy as np

from ..types import FloatArray


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
