"""Stereo image against closed forms."""

import numpy as np
import pytest

from signals import band_limited, measure, signal, sine, stereo, values, white

NOISE, OTHER = white(5.0, seed=1), white(5.0, seed=2)


@pytest.mark.parametrize(
    ("left", "right", "width", "correlation"),
    [
        (NOISE, NOISE, 0.0, 1.0),
        (NOISE, -NOISE, 1.0, -1.0),
        (NOISE, OTHER, 0.98, 0.0),  # by chance many bands have a share of the side slightly under one half
        (sine(441), np.roll(sine(441), 25), 1.0, 0.0),
        (NOISE, 0.5 * NOISE, 0.2, 1.0),
        (NOISE, 0.1 * NOISE, 1 - 2 * 0.1 / 1.01, 1.0),
    ],
)
def test_image(left: np.ndarray, right: np.ndarray, width: float, correlation: float) -> None:
    """Equal, inverted, independent, quadrature and panned sides read their closed forms."""
    found = values(signal(left, right))
    assert found["stereo_width"] == pytest.approx(width, abs=0.02)
    assert found["phase_correlation"] == pytest.approx(correlation, abs=0.02)


def test_quiet_treble_is_wide_though_loud_bass_is_not() -> None:
    """The width follows what is heard, the correlation the energy: wide treble 20 dB below a bass in the centre."""
    bass = sine(100, 5.0, 0.5)
    treble = [band_limited(5.0, 2000, 8000, seed=seed) * 0.3 for seed in (3, 4)]
    found = values(signal(bass + treble[0], bass + treble[1]))
    assert found["phase_correlation"] > 0.98
    assert found["stereo_width"] > 0.75


def test_hiss_60_db_below_does_not_widen() -> None:
    """Independent dither under a tone in the centre leaves it narrow."""
    tone = sine(1000, 5.0, 0.5)
    assert values(signal(tone + 1e-4 * NOISE, tone + 1e-4 * OTHER))["stereo_width"] < 0.02


def test_one_inverted_side_of_a_narrow_image_is_wide() -> None:
    """Inverting one side of an image of width up to one half fills the scale."""
    mixed = 0.7 * NOISE + 0.3 * OTHER
    assert values(signal(NOISE, mixed))["stereo_width"] < 0.5
    assert values(signal(NOISE, -mixed))["stereo_width"] == pytest.approx(1)


def test_one_silent_side_has_no_correlation() -> None:
    """A silent side gives the full width and an undefined correlation."""
    found = measure(signal(NOISE, 0 * NOISE))
    assert found.values["stereo_width"] == pytest.approx(1)
    assert found.values["phase_correlation"] == 0
    assert found.undefined.count("phase_correlation") == 1


def test_surround_is_heard_as_its_downmix() -> None:
    """Independent surround channels widen the image, a centre channel alone does not."""
    silent = 0 * NOISE
    centre = measure(signal(silent, silent, NOISE, silent, silent, silent))
    around = measure(signal(silent, silent, silent, silent, NOISE, OTHER))
    assert centre.values["stereo_width"] == pytest.approx(0, abs=1e-6)
    assert around.values["stereo_width"] == pytest.approx(0.98, abs=0.02)


def test_mono_is_narrow_and_defined() -> None:
    """A mono file reads like dual mono, with nothing undefined."""
    mono, dual = measure(signal(NOISE)), measure(stereo(NOISE))
    for name in ("stereo_width", "phase_correlation"):
        assert mono.values[name] == pytest.approx(dual.values[name], abs=1e-6)
        assert name not in mono.undefined


def test_a_mono_file_is_its_own_left_and_right() -> None:
    """One channel has no width and the correlation 1, both defined."""
    found = measure(NOISE.astype(np.float32)[:, np.newaxis])
    assert (found.values["stereo_width"], found.values["phase_correlation"]) == (0.0, 1.0)
    assert not {"stereo_width", "phase_correlation"} & set(found.undefined)


def test_a_side_80_db_below_the_other_is_not_silent() -> None:
    """The correlation does not depend on the balance of the sides."""
    assert values(signal(NOISE, 1e-4 * NOISE))["phase_correlation"] == pytest.approx(1, abs=0.01)
    assert values(signal(NOISE, -1e-5 * NOISE))["phase_correlation"] == pytest.approx(-1, abs=0.01)
