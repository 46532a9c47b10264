"""Conversion of libav's audio frames to blocks of float32 samples."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from ..types import FloatArray
from .reader import BLOCK_SAMPLES

_SAMPLE_TYPES: Final[dict[str, tuple[type[np.generic], int, float]]] = {  # sample type, zero, full scale
    "u8": (np.uint8, 128, 2.0**7),
    "s16": (np.int16, 0, 2.0**15),
    "s32": (np.int32, 0, 2.0**31),
    "s64": (np.int64, 0, 2.0**63),
    "flt": (np.float32, 0, 1.0),
    "dbl": (np.float64, 0, 1.0),
}


class SampleBuffer:
    """Collect the samples of frames of one shape and convert them a block at a time.

    Parameters
    ----------
    channels : int
    sample_type : str
        As libav names it, such as ``fltp``; ``p`` stands for planar.
    block_samples : int
        Samples per block.
    """

    def __init__(self, channels: int, sample_type: str, block_samples: int = BLOCK_SAMPLES) -> None:
        dtype, self._zero, self._full_scale = _SAMPLE_TYPES[sample_type.removesuffix("p")]
        self._channels = channels
        self._block_samples = block_samples
        planes = channels if sample_type.endswith("p") else 1
        self._width = channels // planes  # values of a sample in one plane
        self._values: NDArray[Any] = np.empty((planes, 2 * block_samples * self._width), dtype)
        self._converted: FloatArray | None = None
        if dtype is not np.float32:
            self._converted = np.empty((planes, block_samples * self._width), np.float32)

    def blocks(self, frames: Iterable[AudioFrame]) -> Iterator[FloatArray]:
        """Yield the samples of frames in blocks of equal length; the last one may be shorter.

        Parameters
        ----------
        frames : iterable of AudioFrame

        Yields
        ------
        ndarray, shape (samples, channels), float32
            Full scale 1.0; in the memory order of the decoder; valid until the next step of the iteration.

        Examples
        --------
        >>> frame = AudioFrame.from_ndarray(np.array([[16384, -32768]], np.int16), format="s16", layout="stereo")
        >>> [block.copy() for block in SampleBuffer(2, "s16").blocks([frame])]
        [array([[ 0.5, -1. ]], dtype=float32)]
        """
        sample_bytes = self._values.itemsize * self._width
        block_bytes = self._block_samples * sample_bytes
        rows, filled = self._rows(), 0
        room = len(rows[0][1])
        for frame in frames:
            planes: Any = frame.planes  # the stubs lack the buffer protocol
            end = filled + planes[0].buffer_size  # may exceed the samples; the next frame overwrites the rest
            if end > room:
                rows = self._grown(end)
                room = len(rows[0][1])
            for plane, row in rows:  # zip costs more than the copy
                row[filled:end] = planes[plane]
            filled += frame.samples * sample_bytes
            while filled >= block_bytes:
                yield self._block(self._block_samples)
                filled -= block_bytes
                for _, row in rows:
                    row[:filled] = row[block_bytes : block_bytes + filled]
        if filled:
            yield self._block(filled // sample_bytes)

    def _rows(self) -> list[tuple[int, memoryview]]:
        """Return number and bytes of each plane."""
        return [(plane, memoryview(row).cast("B")) for plane, row in enumerate(self._values)]

    def _grown(self, needed: int) -> list[tuple[int, memoryview]]:
        """Make room for rows of *needed* bytes and return them."""
        values = np.empty((len(self._values), 2 * needed // self._values.itemsize), self._values.dtype)
        values[:, : self._values.shape[1]] = self._values
        self._values = values
        return self._rows()

    def _block(self, samples: int) -> FloatArray:
        """Return the first samples as float32."""
        values = self._values[:, : samples * self._width]
        if self._converted is not None:
            values = _scale(values, self._zero, self._full_scale, self._converted[:, : samples * self._width])
        return values.T if self._width == 1 else values.reshape(-1, self._channels)


def _scale(values: NDArray[Any], zero: int, full_scale: float, out: FloatArray) -> FloatArray:
    if zero:
        np.subtract(values, zero, out=out, dtype=np.float32, casting="unsafe")
        np.divide(out, full_scale, out=out)
    elif full_scale != 1.0:
        np.multiply(values, np.float32(1 / full_scale), out=out, dtype=np.float32, casting="unsafe")
    else:
        with np.errstate(over="ignore", invalid="ignore"):  # doubles outside float32 become infinite
            np.copyto(out, values, casting="unsafe")
    return out
