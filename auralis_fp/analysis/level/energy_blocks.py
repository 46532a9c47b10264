"""Resampling of block energies to a different block length."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, GrowableArray

_BATCH: Final = 4096  # blocks resampled at once; a few at a time would take longer than the rest of the loudness


class BlockEnergies:
    """Resample energies of consecutive blocks to the gating steps of the loudness.

    The energy of a block is spread evenly over the block.

    Parameters
    ----------
    step_sec : float
        Length of a step in seconds.
    block_sec : float
        Length of a block in seconds.
    start_sec : float
        Start of the first block in seconds; what lies before 0 is discarded.
    """

    def __init__(self, step_sec: float, block_sec: float, start_sec: float) -> None:
        self._step_sec = step_sec
        self._block_sec = block_sec
        self._start_sec = start_sec
        self._blocks = 0  # resampled so far
        self._waiting: list[FloatArray | NDArray[np.float64]] = []
        self._waiting_blocks = 0
        self._pending = 0.0  # energy since the last step border
        self._steps = GrowableArray()  # the first one lies before 0

    def add(self, energies: "FloatArray | NDArray[np.float64]") -> None:
        """Append the energies of the next blocks, shape (blocks,)."""
        self._waiting.append(energies)
        self._waiting_blocks += len(energies)
        if self._waiting_blocks >= _BATCH:
            self._resample()

    def take(self, count: int) -> NDArray[np.float64]:
        """Remove and return the energies of the first *count* steps, shape (count,), zero-padded."""
        self._resample()
        steps: NDArray[np.float64] = np.append(self._steps.take()[1:], (self._pending, *np.zeros(count)))[:count]
        return steps

    def _resample(self) -> None:
        """Resample the blocks that are waiting."""
        energies = np.concatenate((np.empty(0), *self._waiting))
        self._waiting, self._waiting_blocks = [], 0
        times = self._start_sec + np.arange(self._blocks, self._blocks + len(energies) + 1) * self._block_sec
        self._blocks += len(energies)
        sums = np.concatenate((np.zeros(1), np.cumsum(energies)))
        borders = np.arange(len(self._steps), int(times[-1] // self._step_sec) + 1) * self._step_sec
        cumulative = np.interp(borders, times, sums)
        if len(borders):
            self._steps.append(np.diff(cumulative, prepend=-self._pending).astype(np.float32))
        self._pending = float(sums[-1] - cumulative[-1] if len(borders) else self._pending + sums[-1])
