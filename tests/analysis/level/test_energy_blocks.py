"""Energies summed up in steps of another length."""

import numpy as np
import pytest

from auralis_fp.analysis.level.energy_blocks import BlockEnergies


@pytest.mark.parametrize("span_sec", [0.0116, 0.1, 0.25])
def test_constant_power_is_the_same_in_every_step(span_sec: float) -> None:
    """Spans of a constant power give steps of that power, whatever their length and wherever the first begins."""
    steps = BlockEnergies(0.1, span_sec, -span_sec / 2)
    for count in (1, 7, 400):
        steps.add(np.full(count, 3 * span_sec))
    np.testing.assert_allclose(steps.take(30), 0.3, rtol=1e-6)


def test_energy_is_shared_between_the_steps_a_span_lies_in() -> None:
    """A span over the border of two steps gives each its part; what lies before 0 is left out, what is missing is 0."""
    steps = BlockEnergies(0.1, 0.08, -0.04)  # spans end at 0.04, 0.12, 0.20
    steps.add(np.array([2.0, 8.0, 4.0]))
    np.testing.assert_allclose(steps.take(4), [1 + 6, 2 + 4, 0, 0], rtol=1e-6, atol=1e-9)


def test_runs_make_no_difference() -> None:
    """The same energies in one run or in many give the same steps."""
    energies = np.random.default_rng(5).random(1000)
    whole, parts = BlockEnergies(0.1, 0.0232, -0.0116), BlockEnergies(0.1, 0.0232, -0.0116)
    whole.add(energies)
    for part in np.split(energies, [3, 10, 11, 500]):
        parts.add(part)
    np.testing.assert_allclose(parts.take(230), whole.take(230), rtol=1e-6)
