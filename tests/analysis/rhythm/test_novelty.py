"""Novelty curves."""

import numpy as np
import pytest

from auralis_fp.analysis.rhythm.novelty import NoveltyCurves
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import Spectra, StreamingSTFT
from rhythms import hat, placed
from signals import RATE, Signal, sine, stereo, white


def spectra_of(samples: Signal, rate: int = RATE) -> tuple[Spectra, ...]:
    """Return the spectra of a stereo signal."""
    stft = StreamingSTFT(STFTGrid.for_rate(rate), Layout.of(("FL", "FR")).pairs, 2)
    return (*stft.transform(samples), *stft.flush())


def accents_of(spectra: tuple[Spectra, ...]) -> NoveltyCurves:
    """Return the novelty curves of spectra."""
    accents = NoveltyCurves(spectra[0].grid)
    for each in spectra:
        accents.accumulate(each)
    return accents


@pytest.mark.parametrize("level", [1.0, 0.01])
def test_hats_rise_where_they_begin(level: float) -> None:
    """The treble curve peaks within a frame of hi-hats and nowhere else, at any level."""
    onsets = np.array([1.0, 1.7, 2.9])
    sound = sine(200, 4.0, 0.3) + 2 * placed(onsets, hat(), 4.0)
    times = np.arange(400) / 100
    found = accents_of(spectra_of(stereo(level * sound))).interpolate(times)[2]
    far = np.abs(times[:, None] - onsets).min(axis=1) > 0.06
    assert found[far].max() < 0.5
    for onset in onsets:
        assert found[np.abs(times - onset) < 0.04].max() > 10


def test_noise_and_low_tones_do_not_rise() -> None:
    """Steady noise stays below the threshold, and tones below 5 kHz do not appear."""
    times = np.arange(300) / 100
    assert accents_of(spectra_of(stereo(white(3.0)))).interpolate(times)[2, 10:].max() < 4
    gated = np.where(np.arange(3 * RATE) // RATE % 2, sine(1000, 3.0, 0.5), sine(800, 3.0, 0.5))
    assert accents_of(spectra_of(stereo(gated))).interpolate(times)[2, 10:90].max() < 0.01


def test_stretches_that_overlap_are_those_of_the_whole() -> None:
    """Overlapping requests return the same values as one for the whole."""
    spectra = spectra_of(stereo(placed(np.arange(0.5, 29, 0.7), hat(), 30.0)))
    whole, parts = accents_of(spectra), NoveltyCurves(spectra[0].grid)
    times = np.arange(2900) / 100
    found = []
    for index, each in enumerate(spectra):
        parts.accumulate(each)
        if index == 2:
            found.append(parts.interpolate(times[:1500]))
    found.append(parts.interpolate(times[1200:]))
    expected = whole.interpolate(times)
    np.testing.assert_array_equal(found[0], expected[:, :1500])
    np.testing.assert_array_equal(found[1], expected[:, 1200:])


def test_notes_rise_while_they_swell() -> None:
    """The note curve rises in proportion to a soft note's strength over a sustained one."""
    at = np.arange(3 * RATE) / RATE
    swell = np.clip((at - 1.5) / 0.1, 0, 1)
    times = np.arange(280) / 100
    heights = []
    for gain in (0.05, 0.1):
        notes = accents_of(spectra_of(stereo(sine(110, 3.0, 0.3) + gain * swell * sine(660, 3.0, 1.0)))).interpolate(
            times
        )[1]
        assert notes[30:140].max() < 0.05
        assert 1.5 < times[notes.argmax()] < 1.65
        heights.append(notes.max())
    assert heights[1] / heights[0] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("rate", [8000, 11_025])
def test_low_rates_have_no_treble(rate: int) -> None:
    """Files with little or nothing above 5.3 kHz give finite values."""
    with np.errstate(all="raise", under="ignore"):
        found = accents_of(spectra_of(stereo(white(2.0, rate=rate)), rate)).interpolate(np.arange(200) / 100)
    assert np.isfinite(found).all()
    assert rate > 10_600 or not found[2].any()


def test_low_notes_are_bass_notes() -> None:
    """A note of 110 Hz is in both note curves, and one of 660 Hz in the upper one alone."""
    at = np.arange(4 * RATE) / RATE
    low, high = (np.where(at >= start, 1.0, 0.0) * sine(hertz, 4.0, 0.2) for start, hertz in ((1.5, 110), (3.0, 660)))
    bass, notes = accents_of(spectra_of(stereo(sine(1200, 4.0, 0.2) + low + high))).interpolate(np.arange(380) / 100)[
        :2
    ]
    assert bass[140:165].max() == pytest.approx(notes[140:165].max(), rel=0.1)
    assert bass[285:315].max() < 0.1 * notes[285:315].max()


def test_vibrato_and_tremolo_keep_the_spectral_shape() -> None:
    """The change of the spectral shape is near 0 in vibrato and tremolo, and near 1 where a new tone begins."""
    at = np.arange(4 * RATE) / RATE
    swing = np.sin(2 * np.pi * 6 * at)
    vibrato = 0.3 * np.sin(2 * np.pi * np.cumsum(330 * 2 ** (50 / 1200 * swing)) / RATE)
    tremolo = 0.15 * (1 + 0.8 * swing) * np.sin(2 * np.pi * 330 * at)
    melody = np.where(at < 2, np.sin(2 * np.pi * 330 * at), np.sin(2 * np.pi * 440 * at))
    times = np.arange(20, 380) / 100
    highest = [accents_of(spectra_of(stereo(each))).interpolate(times)[3].max() for each in (vibrato, tremolo, melody)]
    assert highest[0] < 0.2
    assert highest[1] < 0.1
    assert highest[2] > 0.9
