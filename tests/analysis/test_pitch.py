"""The pitch of each frame."""

import numpy as np
import pytest

from auralis_fp.analysis.channels import Layout
from auralis_fp.analysis.pitch import PitchTracker
from auralis_fp.analysis.spectra import Grid, Transformer
from signals import RATE, saw, stereo


@pytest.mark.parametrize("rate", [RATE, 48_000])
@pytest.mark.parametrize("hertz", [82.4, 146.8, 261.6, 523.3, 1046.5])
def test_pitch_is_within_three_cents(hertz: float, rate: int) -> None:
    """Harmonic tones are followed to within 3 cents."""
    grid = Grid.at(rate)
    transformer = Transformer(grid, Layout.of(("FL", "FR")).pairs, 2)
    tracker = PitchTracker(grid, 2)
    for spectra in transformer.feed(stereo(saw(hertz, 3.0, rate=rate))):
        tracker.feed(spectra)
    found = tracker.pitches()
    assert np.median(np.abs(1200 * np.log2(found[found > 0] / hertz))) < 3
    assert (found > 0).mean() > 0.97
