"""Energies that come at one pace, summed up in steps of another."""

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, Series


class BlockEnergies:
    """Sums energies that each lie evenly in a short span into steps from the beginning of a file on.

    Parameters
    ----------
    step_sec : float
        Length of a step in seconds.
    span_sec : float
        Length of the spans, which follow each other.
    start_sec : float
        Where the first span begins; what lies before 0 is not kept.
    """

    def __init__(self, step_sec: float, span_sec: float, start_sec: float) -> None:
        self._step_sec = step_sec
        self._span_sec = span_sec
        self._start_sec = start_sec
        self._spans = 0
        self._begun = 0.0  # energy since the last border of a step
        self._steps = Series()  # the first is what lies before 0

    def add(self, energies: "FloatArray | NDArray[np.float64]") -> None:
        """Take the energies of the next spans, shape (spans,)."""
        times = self._start_sec + np.arange(self._spans, self._spans + len(energies) + 1) * self._span_sec
        self._spans += len(energies)
        sums = np.concatenate((np.zeros(1), np.cumsum(energies, dtype=np.float64)))
        borders = np.arange(len(self._steps), int(times[-1] // self._step_sec) + 1) * self._step_sec
        up_to = np.interp(borders, times, sums)
        if len(borders):
            self._steps.append(np.diff(up_to, prepend=-self._begun).astype(np.float32))
        self._begun = float(sums[-1] - up_to[-1] if len(borders) else self._begun + sums[-1])

    def finish(self, count: int) -> NDArray[np.float64]:
        """Return the energies of the first steps, shape (count,); of what did not come, 0."""
        steps: NDArray[np.float64] = np.append(self._steps.take()[1:], (self._begun, *np.zeros(count)))[:count]
        return steps
