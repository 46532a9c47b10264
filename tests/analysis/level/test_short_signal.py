"""Band energies and loudness of short files."""

import numpy as np
import pyloudnorm
import pytest

from auralis_fp.analysis.level.short_signal import ShortSignal
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.ltas import BANDS
from rhythms import kick, placed
from signals import RATE, Signal, shares_of_whole, signal, sine, stereo, values, white


def thump(seconds: float) -> np.ndarray:
    """Return a low tone with a sudden onset and an exponential decay."""
    return sine(55, seconds) * np.exp(-np.arange(round(seconds * RATE)) / RATE / 0.1)


@pytest.mark.parametrize("seconds", [0.5, 0.7, 1.3, 3.0])
@pytest.mark.parametrize("kind", ["thump", "tone beside an edge", "burst", "kick", "two sides"])
def test_short_sounds_equal_the_spectrum_of_the_whole(kind: str, seconds: float) -> None:
    """Bands of short sounds equal those of one transform of the whole to 0.05 percentage points."""
    count = round(seconds * RATE)
    sounds: dict[str, Signal] = {
        "thump": stereo(thump(seconds)),
        "tone beside an edge": stereo(sine(250.3, seconds)),
        "burst": stereo(white(seconds) * np.exp(-np.arange(count) / RATE / 0.02)),
        "kick": stereo(placed([0.05], kick(), seconds) + 0.3),
        "two sides": signal(thump(seconds), -white(seconds, 0.01)),
    }
    found = values(sounds[kind])
    assert [found[name] for name in BANDS] == pytest.approx(list(shares_of_whole(sounds[kind])), abs=0.05)


@pytest.mark.parametrize(("seconds", "rate"), [(8.1, RATE), (6.0, 1_000_000)])
def test_samples_of_a_long_file_are_discarded(seconds: float, rate: int) -> None:
    """Samples are discarded beyond eight seconds or four million samples."""
    short = ShortSignal(rate, Layout.of(("FL", "FR")).pairs, 2)
    for _ in range(round(seconds * 10)):
        short.append(np.ones((rate // 10, 2), dtype=np.float32))
    assert not short.is_short
    assert not short._blocks


@pytest.mark.peers
@pytest.mark.parametrize("seconds", [0.45, 0.95, 1.6])
@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_short_bursts_are_as_loud_as_the_standard_says(seconds: float, rate: int) -> None:
    """The loudness of a burst in a short file is within 0.06 LU of pyloudnorm."""
    track = np.zeros((round((seconds + 0.3) * rate), 2))
    first = round(0.137 * rate)
    burst = white(0.03, 0.3, rate) + sine(50, 0.03, 0.6, rate)
    track[first : first + len(burst)] = burst[:, None]
    track[-len(burst) :, 0] += 0.2 * burst
    expected = pyloudnorm.Meter(rate).integrated_loudness(track - track.mean(axis=0))
    assert values(track.astype(np.float32), rate)["lufs"] == pytest.approx(expected, abs=0.06)
