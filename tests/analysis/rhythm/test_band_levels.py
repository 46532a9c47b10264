"""Windows of band levels."""

import numpy as np
import pytest

from auralis_fp.analysis.rhythm.band_levels import BANDS, FRAMES, BandLevels
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import Spectra, StreamingSTFT
from auralis_fp.analysis.types import FloatArray
from rhythms import drum_loop
from signals import RATE, Signal, stereo


def spectra_of(samples: Signal, rate: int = RATE) -> tuple[Spectra, ...]:
    """Return the spectra of a stereo signal."""
    stft = StreamingSTFT(STFTGrid.for_rate(rate), Layout.of(("FL", "FR")).pairs, 2)
    return (*stft.transform(samples), *stft.flush())


def windows_of(samples: Signal, rate: int = RATE) -> FloatArray:
    """Return the windows of a stereo signal."""
    levels = BandLevels(STFTGrid.for_rate(rate))
    for each in spectra_of(samples, rate):
        levels.accumulate(each)
    return levels.windows()


def test_windows_overlap_by_half() -> None:
    """A file of 20 s has windows of 12 s that begin 6 s apart, with levels between the floor and a little above 1."""
    windows = windows_of(stereo(drum_loop(120, 20.0)))
    assert windows.shape == (2, FRAMES, BANDS)
    np.testing.assert_array_equal(windows[0, FRAMES // 2 :].argmax(axis=0), windows[1, : FRAMES // 2].argmax(axis=0))
    assert windows.min() >= 0
    assert 0.9 < windows.max() < 1.3


def test_short_files_have_none() -> None:
    """A file shorter than a window has no windows."""
    assert len(windows_of(stereo(drum_loop(120, 8.0)))) == 0


@pytest.mark.parametrize("gain", [0.1, 1e-4])
def test_gain_does_not_matter(gain: float) -> None:
    """Levels are relative to the loud frames of the window."""
    signal = drum_loop(120, 13.0)
    np.testing.assert_allclose(windows_of(stereo(gain * signal)), windows_of(stereo(signal)), atol=1e-3)


def test_bands_above_the_nyquist_frequency_are_at_the_floor() -> None:
    """At 16 kHz the bands from 8 kHz up read 0, those below read as at 44.1 kHz."""
    noise = np.random.default_rng(1).standard_normal(13 * 16_000) * 0.1
    windows = windows_of(stereo(noise), 16_000)
    assert windows[..., -3:].max() == pytest.approx(0, abs=1e-6)
    assert windows[..., 4:-5].mean() > 0.5


def test_quiet_windows_do_not_count() -> None:
    """Noise 80 dB below the music has no windows of its own."""
    music = drum_loop(120, 13.0)
    noise = 1e-5 * np.random.default_rng(2).standard_normal(26 * RATE)
    assert len(windows_of(stereo(np.concatenate((music, noise))))) <= 3


def test_long_music_keeps_at_most_24_windows() -> None:
    """Of many windows every second or fourth is kept."""
    levels = BandLevels(STFTGrid.for_rate(RATE))
    spectra = spectra_of(stereo(drum_loop(120, 13.0)))
    for _ in range(16):
        for each in spectra:
            levels.accumulate(each)
    assert 12 <= len(levels.windows()) <= 24
