"""Degenerate input is refused with a code, or gives 25 finite numbers and the names of the undefined ones."""

import numpy as np
import pytest

from auralis_fp import schema
from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.analysis.types import FeatureValues
from auralis_fp.errors import AnalysisError
from signals import RATE, measure, signal, sine, square, stereo, white

SPECTRUM = set(schema.NAMES[:7]) | {"bass_mid_ratio"}
SPECTRAL = {"spectral_centroid", "spectral_rolloff", "spectral_flatness"}


def checked(found: FeatureValues) -> FeatureValues:
    """Return the features after checking that they form a fingerprint and that undefined names are dimensions."""
    assert schema.fault_of(found.values) is None
    assert set(found.undefined) <= set(schema.NAMES)
    return found


@pytest.mark.parametrize("count", [1, 2, 100, 1023, 2047, 2048])
def test_some_samples_are_too_little(count: int) -> None:
    """Files of one sample up to one frame are refused as too short."""
    with pytest.raises(AnalysisError) as refusal:
        measure(stereo(white(1.0)[:count]))
    assert refusal.value.code == "too_short"


@pytest.mark.parametrize("place", [0, RATE, 3 * RATE - 1])
def test_one_click(place: int) -> None:
    """A single click has a flat spectrum, is mostly silence, and has no tempo."""
    track = np.zeros(3 * RATE)
    track[place] = 1.0
    found = checked(measure(stereo(track)))
    assert found.values["air_pct"] == pytest.approx(70.07, abs=0.2)
    assert found.values["silence_ratio"] > 0.6
    assert found.values["harmonic_ratio"] <= 0.02
    assert "tempo_bpm" in found.undefined
    assert not SPECTRUM & set(found.undefined)


def test_a_full_scale_square() -> None:
    """A full-scale square wave has only its tempo undefined, and reads 3 dB above a sine."""
    found = checked(measure(stereo(square(441, 5.0, 1.0))))
    assert found.undefined == ("tempo_bpm",)
    assert found.values["crest_db"] == pytest.approx(0, abs=0.01)
    assert found.values["harmonic_ratio"] >= 0.99


@pytest.mark.parametrize("level_db", [-69.0, -75.0])
def test_noise_about_the_limit_of_silence(level_db: float) -> None:
    """Only the tempo is undefined just above the silence threshold; below it the spectrum is too."""
    found = checked(measure(stereo(white(20.0, 10 ** (level_db / 20), 8000)), 8000))
    silent = level_db < -70
    assert found.values["silence_ratio"] == pytest.approx(1.0 if silent else 0.0, abs=0.01)
    assert SPECTRAL.isdisjoint(found.undefined) != silent
    assert ("pitch_stability" in found.undefined) == silent
    assert "tempo_bpm" in found.undefined
    assert found.values["lufs"] == pytest.approx(level_db + 5.0, abs=1.0)


def test_nothing_but_the_low_frequency_channel() -> None:
    """A file with sound in its low-frequency channel alone has peaks, but neither spectrum nor loudness."""
    samples = np.zeros((3 * RATE, 7), dtype=np.float32)
    samples[:, 3] = sine(40, 3.0)
    found = checked(measure(samples))
    assert set(found.undefined) >= SPECTRUM | SPECTRAL | {"stereo_width", "phase_correlation", "chroma_energy"}
    assert found.values["lufs"] == -70
    assert found.values["silence_ratio"] == 0
    assert "crest_db" not in found.undefined


def test_one_silent_side() -> None:
    """A file with one silent side has a width and an undefined correlation."""
    found = checked(measure(signal(white(4.0), np.zeros(4 * RATE))))
    assert found.values["stereo_width"] == pytest.approx(1)
    assert "phase_correlation" in found.undefined


@pytest.mark.parametrize("rate", [8000, 384_000])
@pytest.mark.parametrize("seconds", [0.5, 1.1])
def test_the_lowest_and_highest_rates(rate: int, seconds: float) -> None:
    """Short files at 8 and 384 kHz are analysed."""
    tone = sine(1000, seconds, 0.5, rate)
    found = checked(measure(signal(tone) if rate < RATE else stereo(tone), rate))
    assert found.values["mid_pct"] >= 99.5
    assert found.values["spectral_centroid"] == pytest.approx(1000, abs=22)
    assert found.values["pitch_stability"] >= 0.85


@pytest.mark.parametrize("block", [1, 4096])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_last_sample_refuses_the_file(bad: float, block: int) -> None:
    """A single bad sample is detected with any block size."""
    samples = stereo(white(0.6, rate=8000))
    samples[-1, 0] = bad
    extractor = FingerprintExtractor(8000, ("FL", "FR"))
    with pytest.raises(AnalysisError) as refusal:  # noqa: PT012 - raised by a block or by the result
        for first in range(0, len(samples), block):
            extractor.add_block(samples[first : first + block])
        extractor.result()
    assert refusal.value.code == "non_finite"


def test_a_signalling_nan_after_zeros_refuses_the_file() -> None:
    """The test for zeros at the start raises nothing else."""
    samples = np.zeros((8000, 2), dtype=np.float32)
    samples.view(np.uint32)[4000, 0] = 0x7FA00000
    extractor = FingerprintExtractor(8000, ("FL", "FR"))
    with pytest.raises(AnalysisError) as refusal, np.errstate(all="raise"):  # noqa: PT012 - by a block or the result
        extractor.add_block(samples)
        extractor.result()
    assert refusal.value.code == "non_finite"
