"""Centroid, rolloff and flatness against closed forms and librosa."""

import librosa
import numpy as np
import pytest

from signals import RATE, measure, pink, sine, stereo, values, white


@pytest.mark.parametrize(("hertz", "error"), [(60, 20), (200, 20), (700, 11), (1000, 11), (5000, 11), (12_000, 11)])
def test_centroid_of_a_sine_is_its_frequency(hertz: float, error: float) -> None:
    """The centroid of a pure tone is its frequency, to half a bin or 20 Hz."""
    assert values(stereo(sine(hertz)))["spectral_centroid"] == pytest.approx(hertz, abs=error)


def test_centroid_of_two_equal_sines_is_their_mean() -> None:
    """The centroid is weighted by magnitude; equal tones give their mean."""
    assert values(stereo(sine(1000) + sine(3000)))["spectral_centroid"] == pytest.approx(2000, abs=15)


def test_white_noise() -> None:
    """White noise has its centroid at mid-band, its rolloff at 85 %, and a flatness near 1."""
    found = values(stereo(white(20.0)))
    assert found["spectral_centroid"] == pytest.approx(10_010, rel=0.01)
    assert found["spectral_rolloff"] == pytest.approx(17_003, rel=0.01)
    assert found["spectral_flatness"] >= 0.98


def test_pink_noise() -> None:
    """Pink noise has its rolloff at 20 Hz · 1000^.85 and a flatness of .390."""
    found = values(stereo(pink(60.0)))
    assert found["spectral_rolloff"] == pytest.approx(7096, rel=0.04)
    assert found["spectral_flatness"] == pytest.approx(0.390, rel=0.06)


def test_a_sine_is_not_flat() -> None:
    """The flatness of a tone is close to 0 at any level."""
    assert values(stereo(sine(1000)))["spectral_flatness"] < 1e-4
    assert values(stereo(sine(1000, amplitude=0.01)))["spectral_flatness"] < 1e-4


@pytest.mark.parametrize("hertz", [100, 1000, 7000])
def test_rolloff_of_a_sine_is_its_frequency(hertz: float) -> None:
    """The rolloff of a tone is its frequency, to one bin."""
    assert values(stereo(sine(hertz)))["spectral_rolloff"] == pytest.approx(hertz, abs=21.6)


def test_silent_frames_are_left_out() -> None:
    """Silence around a tone changes none of the three values."""
    tone = sine(1000, 4.0)
    alone, framed = values(stereo(tone)), values(stereo(np.concatenate((np.zeros(6 * RATE), tone, np.zeros(6 * RATE)))))
    for name in ("spectral_centroid", "spectral_rolloff"):
        assert framed[name] == pytest.approx(alone[name], rel=0.01)


def test_silence_is_undefined() -> None:
    """Silence leaves the three values undefined."""
    assert {"spectral_centroid", "spectral_rolloff", "spectral_flatness"} <= set(
        measure(stereo(np.zeros(RATE))).undefined
    )


@pytest.mark.peers
def test_centroid_and_rolloff_beside_librosa() -> None:
    """Centroid and rolloff agree with librosa, apart from the band edges."""
    random = np.random.default_rng(4)
    track = np.concatenate([sine(f, 0.5, 0.3) + white(0.5, 0.02, seed=int(f)) for f in random.uniform(200, 5000, 20)])
    magnitude = np.abs(librosa.stft(track, n_fft=2048, hop_length=1024, window="hann"))
    frequencies = librosa.fft_frequencies(sr=RATE, n_fft=2048)
    inside = (frequencies >= 20) & (frequencies <= 20_000)
    centroid = librosa.feature.spectral_centroid(S=magnitude[inside], freq=frequencies[inside])
    rolloff = librosa.feature.spectral_rolloff(S=magnitude[inside] ** 2, freq=frequencies[inside], roll_percent=0.85)
    found = values(stereo(track))
    assert found["spectral_centroid"] == pytest.approx(float(np.median(centroid)), rel=0.02)
    assert found["spectral_rolloff"] == pytest.approx(float(np.median(rolloff)), abs=21.6)
