"""Resampling of block energies."""

import numpy as np
import pytest

from auralis_fp.analysis.level.energy_blocks import BlockEnergies


@pytest.mark.parametrize("block_sec", [0.0116, 0.1, 0.25])
def test_constant_power_is_the_same_in_every_step(block_sec: float) -> None:
    """Blocks of constant power give steps of that power, for any block length and start."""
    steps = BlockEnergies(0.1, block_sec, -block_sec / 2)
    for count in (1, 7, 400):
        steps.add(np.full(count, 3 * block_sec))
    np.testing.assert_allclose(steps.take(30), 0.3, rtol=1e-6)


def test_energy_is_shared_between_the_steps_a_block_covers() -> None:
    """A block across a step border is divided; energy before 0 is dropped and missing steps are 0."""
    steps = BlockEnergies(0.1, 0.08, -0.04)  # blocks end at 0.04, 0.12, 0.20
    steps.add(np.array([2.0, 8.0, 4.0]))
    np.testing.assert_allclose(steps.take(4), [1 + 6, 2 + 4, 0, 0], rtol=1e-6, atol=1e-9)


def test_calls_make_no_difference() -> None:
    """The steps do not depend on how the blocks are divided into calls."""
    energies = np.random.default_rng(5).random(1000)
    whole, parts = BlockEnergies(0.1, 0.0232, -0.0116), BlockEnergies(0.1, 0.0232, -0.0116)
    whole.add(energies)
    for part in np.split(energies, [3, 10, 11, 500]):
        parts.add(part)
    np.testing.assert_allclose(parts.take(230), whole.take(230), rtol=1e-6)
