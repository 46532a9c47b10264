"""Conversion of libav's audio frames to float32 samples."""

from typing import Any, Final, cast

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from ..types import FloatArray

_SAMPLE_TYPES: Final[dict[str, tuple[type[np.generic], int, float]]] = {  # sample type, zero, full scale
    "u8": (np.uint8, 128, 2.0**7),
    "s16": (np.int16, 0, 2.0**15),
    "s32": (np.int32, 0, 2.0**31),
    "s64": (np.int64, 0, 2.0**63),
    "flt": (np.float32, 0, 1.0),
    "dbl": (np.float64, 0, 1.0),
}


def frame_samples(frame: AudioFrame) -> FloatArray:
    """Return the samples of a decoded frame.

    Parameters
    ----------
    frame : AudioFrame

    Returns
    -------
    ndarray, shape (samples, channels), float32
        Full scale 1.0; in C or Fortran order, as the decoder delivers them.

    Examples
    --------
    >>> frame = AudioFrame.from_ndarray(np.array([[16384, -32768]], np.int16), format="s16", layout="stereo")
    >>> frame_samples(frame)
    array([[ 0.5, -1. ]], dtype=float32)
    """
    count, channels = frame.samples, frame.layout.nb_channels
    name, planes = frame.format.name, cast("tuple[Any, ...]", frame.planes)  # the stubs lack the buffer protocol
    dtype, zero, full_scale = _SAMPLE_TYPES[name.removesuffix("p")]
    if name.endswith("p"):
        rows: FloatArray = np.empty((channels, count), np.float32)
        for channel, plane in enumerate(planes):
            _scale(np.frombuffer(plane, dtype, count), zero, full_scale, rows[channel])
        return rows.T
    block: FloatArray = np.empty((count, channels), np.float32)
    _scale(np.frombuffer(planes[0], dtype, count * channels).reshape(-1, channels), zero, full_scale, block)
    return block


def _scale(values: NDArray[Any], zero: int, full_scale: float, out: FloatArray) -> None:
    if zero:
        np.subtract(values, zero, out=out, dtype=np.float32, casting="unsafe")
        np.divide(out, full_scale, out=out)
    elif full_scale != 1.0:
        np.multiply(values, np.float32(1 / full_scale), out=out, dtype=np.float32, casting="unsafe")
    elif values.dtype == np.float32:
        out[...] = values
    else:
        with np.errstate(over="ignore", invalid="ignore"):  # doubles outside float32 become infinite
            np.copyto(out, values, casting="unsafe")
