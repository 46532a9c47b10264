"""Loudness against the standards, crest factor, and bass-to-mid ratio."""

import numpy as np
import pyloudnorm
import pytest

from auralis_fp.analysis.features.dynamics import dynamics
from auralis_fp.analysis.level.levels import SEGMENT_SEC, Levels
from auralis_fp.analysis.level.loudness import Loudness
from auralis_fp.analysis.spectrum.ltas import BANDS
from signals import RATE, pink, signal, sine, square, stereo, values, white


def test_full_scale_sine_in_one_channel() -> None:
    """A full-scale 997 Hz sine in one channel reads -3.01 LUFS (ITU-R BS.1770)."""
    tone = sine(997, 10.0, 1.0)
    assert values(signal(tone, 0 * tone))["lufs"] == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000, 96_000])
def test_stereo_sine(rate: int) -> None:
    """A stereo tone of -23 dBFS reads -23.0 LUFS at every sample rate (EBU Tech 3341, case 1)."""
    assert values(stereo(sine(1000, 20.0, 10 ** (-23 / 20), rate)), rate)["lufs"] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
)
def test_gates(steps: list[tuple[float, float]], expected: float) -> None:
    """Stepped stereo tones read the gated loudness (EBU Tech 3341, cases 2 to 5)."""
    tone = np.concatenate([sine(1000, seconds, 10 ** (level / 20)) for level, seconds in steps])
    assert values(stereo(tone))["lufs"] == pytest.approx(expected, abs=0.1)


def test_surround_weights() -> None:
    """Five channels read -23.0 LUFS and the low-frequency channel does not count (EBU Tech 3341, case 6)."""
    levels = {"FL": -28.0, "FR": -28.0, "FC": -24.0, "LFE": 0.0, "SL": -30.0, "SR": -30.0}
    samples = signal(*(sine(1000, 20.0, 10 ** (level / 20)) for level in levels.values()))
    assert values(samples)["lufs"] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("gain_db", [-20.0, 6.0])
def test_gain_adds(gain_db: float) -> None:
    """A gain changes the loudness by its decibels and nothing else in this family."""
    noise = stereo(pink(20.0))
    plain, louder = values(noise), values((noise * 10 ** (gain_db / 20)).astype(np.float32))
    assert louder["lufs"] - plain["lufs"] == pytest.approx(gain_db, abs=0.02)
    assert louder["crest_db"] == pytest.approx(plain["crest_db"], abs=0.01)
    assert louder["bass_mid_ratio"] == pytest.approx(plain["bass_mid_ratio"], abs=0.01)


@pytest.mark.peers
@pytest.mark.parametrize("kind", ["white", "pink", "sub-bass", "mixture"])
def test_agrees_with_a_second_implementation(kind: str) -> None:
    """The loudness is within 0.1 LU of pyloudnorm, also with heavy sub-bass."""
    made = {
        "white": stereo(white(15.0)),
        "pink": signal(pink(15.0), pink(15.0, seed=9)),
        "sub-bass": stereo(sine(32, 15.0, 0.8) + white(15.0, 0.002)),
        "mixture": signal(sine(60, 15.0) + white(15.0, 0.02), sine(3000, 15.0, 0.1) * np.linspace(0, 1, 15 * RATE)),
    }[kind]
    expected = pyloudnorm.Meter(RATE).integrated_loudness(made.astype(np.float64))
    assert values(made)["lufs"] == pytest.approx(expected, abs=0.1)


def test_crest_closed_forms() -> None:
    """A sine reads 3.01 dB, also with a DC offset; a square wave reads 0."""
    assert values(stereo(sine(441)))["crest_db"] == pytest.approx(3.0103, abs=0.005)
    assert values(stereo(sine(441, amplitude=0.3) + 0.3))["crest_db"] == pytest.approx(3.0103, abs=0.01)
    assert values(stereo(square(441)))["crest_db"] == pytest.approx(0, abs=0.01)


def test_bass_against_mids() -> None:
    """Equal tones read 0 dB, amplitudes 2 : 1 read 6.02 dB, and noise the ratio of its bands."""
    assert values(stereo(sine(100) + sine(1000)))["bass_mid_ratio"] == pytest.approx(0, abs=0.03)
    assert values(stereo(sine(100, amplitude=0.4) + sine(1000, amplitude=0.2)))["bass_mid_ratio"] == pytest.approx(
        6.02, abs=0.03
    )
    assert values(stereo(white(30.0)))["bass_mid_ratio"] == pytest.approx(-9.64, abs=0.1)


def test_bass_or_mids_alone() -> None:
    """Without one of the bands the ratio reads the limit of the dimension."""
    assert values(stereo(sine(100)))["bass_mid_ratio"] == pytest.approx(60)
    assert values(stereo(sine(1000)))["bass_mid_ratio"] == pytest.approx(-60)


@pytest.mark.parametrize(
    ("bass", "mids", "expected"), [(2.0, 0.0, 60), (0.0, 2.0, -60), (1e-9, 1.0, -60), (1.0, 1e-3, 30)]
)
def test_an_energy_of_zero_is_the_limit(bass: float, mids: float, expected: float) -> None:
    """With one energy of 0 the ratio is the limit of the dimension; of two it is undefined."""
    segments = np.ones((2, 8), dtype=np.float32)
    levels = Levels(segments[0], -segments, segments, 0 * segments, segments, np.zeros(5), SEGMENT_SEC)
    energies = dict.fromkeys(BANDS, 0.0) | {"bass_pct": bass, "low_mid_pct": 0.75 * mids, "mid_pct": 0.25 * mids}
    found = dynamics(levels, Loudness(np.ones(8)), energies)
    assert found.values["bass_mid_ratio"] == pytest.approx(expected)
    assert "bass_mid_ratio" in dynamics(levels, Loudness(np.ones(8)), dict.fromkeys(BANDS, 0.0)).undefined
