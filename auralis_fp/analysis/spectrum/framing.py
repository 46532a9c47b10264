"""Framing of a stream of blocks."""

from collections.abc import Iterator

import numpy as np

from ..kernels.framing import copy_samples, frame
from ..kernels.levels import channel_means
from ..types import FloatArray


class Framer:
    """Split a stream of blocks into overlapping frames of equal length.

    The signal is extended at both ends, so that each sample lies in the same number of frames. The extension has the
    signal's local mean, over *batch* hops, so that a constant offset makes no step. The frames do not depend on how
    the signal is divided into blocks.

    Parameters
    ----------
    frame_length, hop_length : int > 0
        In samples.
    channels : int > 0
    batch : int > 0
        Most frames yielded at once.
    padded : bool
        Whether to extend the signal.
    """

    def __init__(
        self, frame_length: int, hop_length: int, channels: int, batch: int = 128, *, padded: bool = True
    ) -> None:
        self.frame_length = frame_length
        self.hop_length = hop_length
        self._capacity = (batch - 1) * hop_length + frame_length
        self._buffer = np.zeros((self._capacity, channels), dtype=np.float32)
        self._padding = frame_length - hop_length if padded else 0
        self._filled = self._padding
        self._begun = False

    def split(self, block: FloatArray) -> Iterator[FloatArray]:
        """Append a block and yield the frames it completes.

        Parameters
        ----------
        block : ndarray, shape (samples, channels), float32

        Yields
        ------
        ndarray, shape (frames, frame_length, channels)
            A read-only view, valid until the next step of the iteration.
        """
        taken = 0
        while taken < len(block):
            step = min(len(block) - taken, self._capacity - self._filled)
            copy_samples(block[taken : taken + step], self._buffer[self._filled : self._filled + step])
            self._filled += step
            taken += step
            if self._filled == self._capacity:
                yield from self._frames()

    def flush(self) -> Iterator[FloatArray]:
        """Yield the remaining frames; the last ones are padded."""
        if self._padding:
            yield from self.split(np.repeat(self._mean(), self._padding, axis=0))
        yield from self._frames()

    def _mean(self) -> FloatArray:
        """Return the mean of the first or the latest samples in the buffer.

        The latest samples that were yielded are in it twice, at its start and at its end.
        """
        if self._begun:
            count = self._capacity - self._padding
            end = max(self._filled, count)
            latest = self._buffer[end - count : end]
        else:
            latest = self._buffer[self._padding : self._filled]
        return channel_means(latest).astype(np.float32)[None]

    def _frames(self) -> Iterator[FloatArray]:
        filled = self._buffer[: self._filled]
        if not self._begun:
            if self._padding:
                filled[: self._padding] = self._mean()
            self._begun = True
        if self._filled >= self.frame_length:
            frames = frame(filled, self.frame_length, self.hop_length)
            yield frames
            used = len(frames) * self.hop_length
            self._buffer[: self._filled - used] = filled[used:].copy()
            self._filled -= used
