"""STFT and decimated sub-bands."""

import numpy as np
import pytest

from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.decimation import SubbandRates
from auralis_fp.analysis.spectrum.grid import STFTGrid, band_shares
from auralis_fp.analysis.spectrum.stft import Spectra, StreamingSTFT
from signals import RATE, sine, stereo, times, white


def spectra_of(samples: np.ndarray, rate: int = RATE) -> list[Spectra]:
    """Return the chunks of spectra of a signal."""
    positions = ("FL", "FR")[: samples.shape[1]]
    stft = StreamingSTFT(STFTGrid.for_rate(rate), Layout.of(positions).pairs, samples.shape[1])
    return [*stft.transform(samples), *stft.flush()]


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_frames_are_alike_in_seconds_at_every_rate(rate: int) -> None:
    """Frames last 46 ms to 3 % at every sample rate."""
    grid = STFTGrid.for_rate(rate)
    assert grid.hop_sec * 2 == pytest.approx(2048 / 44_100, rel=0.03)
    assert grid.frame_length % 2 == 0


def test_power_of_a_frame_is_the_mean_square() -> None:
    """A sine of amplitude a in both channels has power a² in every inner frame."""
    power = np.concatenate([spectra.power for spectra in spectra_of(stereo(sine(1000.0, 1.0, 0.5)))])
    np.testing.assert_allclose(power[3:-3].sum(axis=1), 0.25, rtol=1e-3)


def test_sides_do_not_cancel() -> None:
    """Sides in anti-phase have the power of equal ones."""
    tone = sine(500.0, 0.5)
    same, opposed = (
        np.concatenate([spectra.power for spectra in spectra_of(np.stack((tone, right), axis=1).astype(np.float32))])
        for right in (tone, -tone)
    )
    np.testing.assert_allclose(opposed, same, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_low_rate_signals_are_the_signal(rate: int) -> None:
    """Decimation keeps the amplitude, phase and sides of a tone."""
    grid, hertz = STFTGrid.for_rate(rate), 300.0
    samples = np.stack((sine(hertz, 2.0, 0.5, rate), sine(hertz, 2.0, 0.25, rate)), axis=1).astype(np.float32)
    middle = np.concatenate([spectra.mid_band[0] for spectra in spectra_of(samples, rate)])
    at = np.arange(len(middle)) / SubbandRates(grid).mid_rate
    inner = slice(300, int(1.9 * SubbandRates(grid).mid_rate))
    expected = np.sin(2 * np.pi * hertz * at)
    np.testing.assert_allclose(middle.real[inner], 0.5 * expected[inner], atol=2e-4)
    np.testing.assert_allclose(middle.imag[inner], 0.25 * expected[inner], atol=2e-4)


def test_shares_of_a_band_add_up() -> None:
    """Neighbouring bands share the bin on their edge."""
    frequencies = np.arange(100, dtype=np.float32) * 10
    low, high = (band_shares(frequencies, 10.0, *edges) for edges in ((20.0, 333.0), (333.0, 800.0)))
    np.testing.assert_allclose((low + high)[3:80], 1, atol=1e-6)
    assert low[33] == pytest.approx(0.8)


def test_constant_offset_leaves_the_audible_bins_alone() -> None:
    """A DC offset does not leak into the lowest bins."""
    noise = white(1.0)
    plain, moved = (
        np.concatenate([spectra.power for spectra in spectra_of(stereo(noise + offset))])[2:-2] for offset in (0.0, 0.5)
    )
    np.testing.assert_allclose(moved[:, 1:].sum(axis=1), plain[:, 1:].sum(axis=1), rtol=1e-3)


def test_highest_bins_reach_twenty_kilohertz() -> None:
    """Bins reach 20 kHz, or half the sample rate if that is lower."""
    assert STFTGrid.for_rate(96_000).frequencies[-1] == pytest.approx(20_000, abs=22)
    assert STFTGrid.for_rate(22_050).frequencies[-1] == pytest.approx(11_025, abs=1)
    assert len(times(1.0)) == RATE


def test_digital_silence_needs_no_transform() -> None:
    """Stretches of zeros between sounds, and a silent channel, have the spectra of stretches that are almost zero."""
    sound = stereo(sine(440.0, 20.0))
    sound[3 * RATE : 11 * RATE] = 0
    faint = np.where(sound == 0, np.float32(1e-15), sound)
    for exact, nearly in zip(spectra_of(sound), spectra_of(faint), strict=True):
        for name in ("power", "power_above_20k", "frame_energy", "windowed_energy", "mid_band", "low_band"):
            np.testing.assert_allclose(getattr(exact, name), getattr(nearly, name), atol=1e-9)
