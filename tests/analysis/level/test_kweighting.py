"""K-weighting against the standard."""

import numpy as np
import pytest
from scipy import signal

from auralis_fp.analysis.level.kweighting import KWeighting

FREQUENCIES = np.geomspace(20, 20_000, 50).astype(np.float32)


def test_at_48_khz_it_is_the_table_of_the_standard() -> None:
    """At 48 kHz the responses equal those of ITU-R BS.1770-4, tables 1 and 2."""
    shelf = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
    high_pass = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
    weighting = KWeighting(48_000)
    for (b, a), found in ((shelf, weighting.shelf), (high_pass, weighting.high_pass)):
        expected = signal.freqz(b, a, FREQUENCIES.astype(np.float64), fs=48_000)[1]
        np.testing.assert_allclose(found(FREQUENCIES), expected, rtol=1e-6)


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_other_rates_hear_alike(rate: int) -> None:
    """Up to a fifth of the sample rate, the weighting is within 0.3 dB of that at 48 kHz."""
    inside = FREQUENCIES[min(rate, 48_000) / 5 > FREQUENCIES]
    difference = 20 * np.log10(np.abs(KWeighting(rate).both(inside) / KWeighting(48_000).both(inside)))
    assert np.abs(difference).max() < 0.3


@pytest.mark.parametrize("rate", [1000, 3000])
def test_the_lowest_rates_have_a_weighting(rate: int) -> None:
    """At rates below the shelf, gains stay finite and positive."""
    gains = np.abs(KWeighting(rate).both(np.linspace(1, rate / 2, 100).astype(np.float32)))
    assert np.isfinite(gains).all()
    assert (gains > 0).all()
