"""Pitch tracking."""

import numpy as np
import pytest

from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import StreamingSTFT
from auralis_fp.analysis.tonal.pitch import PitchTracker
from rhythms import drum_loop
from signals import RATE, pink, saw, sine, stereo, times, values, white

SEMITONES = 55.0 * 2 ** (np.arange(0, 63, 11) / 12)


def harmonics(hertz: float, count: int, tilt: float, rate: int = RATE) -> np.ndarray:
    """Return 1 s of *count* partials with amplitudes n ** -tilt and random phases."""
    phases = np.random.default_rng(count).uniform(0, 2 * np.pi, count)
    partials = [n for n in range(1, count + 1) if n * hertz < 0.45 * rate]
    at = times(1.0, rate)
    return np.asarray(sum(0.2 * np.sin(2 * np.pi * hertz * n * at + phases[n - 1]) / n**tilt for n in partials))


def pitches_of(track: np.ndarray, rate: int = RATE) -> np.ndarray:
    """Return the pitch of each frame in Hz, 0 for unvoiced frames."""
    grid = STFTGrid.for_rate(rate)
    stft = StreamingSTFT(grid, Layout.of(("FL", "FR")).pairs, 2)
    tracker = PitchTracker(grid, 2)
    for spectra in (*stft.transform(stereo(track)), *stft.flush()):
        tracker.track(spectra)
    return tracker.pitches()


@pytest.mark.parametrize(
    ("hertz", "rate"), [*((hertz, RATE) for hertz in (*SEMITONES, 1046.5, 2000.0)), (57.0, 48_000), (700.0, 48_000)]
)
def test_pitch_is_within_three_cents(hertz: float, rate: int) -> None:
    """Tones of different spectra from 55 to 2000 Hz are tracked to within 3 cents, without octave errors."""
    tones = {
        "sine": sine(hertz, 1.0, rate=rate),
        "saw": saw(hertz, 1.0, rate=rate),
        "five partials": harmonics(hertz, 5, 1.0, rate),
        "ten partials": harmonics(hertz, 10, 0.5, rate),
        "three equal partials": harmonics(hertz, 3, 0.0, rate),
    }
    for kind, tone in tones.items():
        found = pitches_of(tone, rate)
        assert (found > 0).mean() > 0.92, kind
        cents = 1200 * np.log2(found[found > 0] / hertz)
        assert abs(np.median(cents)) < 3, kind
        assert np.mean(np.abs(cents) < 25) > 0.97, kind


@pytest.mark.parametrize("hertz", [55, 440, 2000])
def test_steady_at_both_ends_of_the_range(hertz: float) -> None:
    """The lowest and highest pitches are tracked as steadily as those between."""
    assert values(stereo(sine(hertz, 5.0)))["pitch_stability"] >= 0.97
    assert values(stereo(saw(hertz, 5.0)))["pitch_stability"] >= 0.97


@pytest.mark.parametrize("factor", [0.5, 1.26, 4.0])
def test_transposing_changes_nothing(factor: float) -> None:
    """The stability of a melody with vibrato does not change under transposition."""
    at = times(6.0)
    note = np.array([0, 4, 7, 2, 5, -1])[np.minimum((at / 0.5).astype(int), 11) % 6]
    cents = 100 * note + 30 * np.sin(2 * np.pi * 5 * at)
    found = [
        values(stereo(0.5 * np.sin(2 * np.pi * np.cumsum(hertz * 2 ** (cents / 1200)) / RATE)))["pitch_stability"]
        for hertz in (220.0, 220.0 * factor)
    ]
    assert found[0] == pytest.approx(found[1], abs=0.03)


def test_many_voices_have_no_one_pitch() -> None:
    """Chords, noise and drums have a stability of at most 0.1."""
    chord = sum(saw(hertz, 5.0, 0.1) for hertz in (130.8, 155.6, 196.0, 233.1, 277.2))
    for track in (chord, white(5.0), pink(5.0), drum_loop(120, 5.0) + white(5.0, 0.02)):
        assert values(stereo(np.asarray(track)))["pitch_stability"] <= 0.1
