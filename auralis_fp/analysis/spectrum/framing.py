"""Cutting a stream of blocks into overlapping frames."""

from collections.abc import Iterator

import numpy as np

from ..types import FloatArray, channel_means


class Framer:
    """Cut blocks of any size into frames of one length and hop.

    The signal is taken as preceded and followed by as much of its own mean, that of *batch* hops beside, as lets every
    sample lie in as many frames as any other, unless *padded* is false: so a constant offset makes no step where the
    signal begins and ends. How the signal was divided into blocks does not show in the frames.

    Parameters
    ----------
    frame_length, hop : int > 0
        In samples.
    channels : int > 0
    batch : int > 0
        Most frames handed out at once.
    padded : bool
        Whether frames may reach beyond the signal's ends.
    """

    def __init__(self, frame_length: int, hop: int, channels: int, batch: int = 128, *, padded: bool = True) -> None:
        self.frame_length = frame_length
        self.hop = hop
        self._capacity = (batch - 1) * hop + frame_length
        self._buffer = np.zeros((self._capacity, channels), dtype=np.float32)
        self._padding = frame_length - hop if padded else 0
        self._filled = self._padding
        self._begun = False

    def feed(self, block: FloatArray) -> Iterator[FloatArray]:
        """Take a block; hand out the frames it completes.

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
            self._put(block[taken : taken + step])
            self._filled += step
            taken += step
            if self._filled == self._capacity:
                yield from self._frames()

    def _put(self, part: FloatArray) -> None:
        place = self._buffer[self._filled : self._filled + len(part)]
        if part.flags.c_contiguous:
            place[...] = part
        else:  # channel after channel: numpy would go from sample to sample
            for channel in range(place.shape[1]):
                place[:, channel] = part[:, channel]

    def flush(self) -> Iterator[FloatArray]:
        """Hand out what is left; the last frames are padded."""
        if self._padding:
            yield from self.feed(np.repeat(self._mean(), self._padding, axis=0))
        yield from self._frames()

    def _mean(self) -> FloatArray:
        """Return the mean of the first, or latest, samples: the buffer keeps them until others take their place.

        The latest that were handed out lie in it twice, at its begin and its end.
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
            count = (self._filled - self.frame_length) // self.hop + 1
            sample, channel = filled.strides
            windows: FloatArray = np.ndarray(  # a view; sliding_window_view takes longer than all the rest here
                (count, self.frame_length, filled.shape[1]),
                dtype=np.float32,
                buffer=filled,
                strides=(self.hop * sample, sample, channel),
            )
            windows.flags.writeable = False
            yield windows
            used = count * self.hop
            self._buffer[: self._filled - used] = filled[used:].copy()
            self._filled -= used
