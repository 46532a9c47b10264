"""Centroid, rolloff and flatness against closed forms and librosa."""

import librosa
import numpy as np
import pytest

from signals import RATE, low_passed, measure, pink, saw, signal, sine, stereo, times, values, white


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


def test_both_sides_with_noise_of_their_own_are_as_flat() -> None:
    """Independent noise in both channels reads like the same noise in both."""
    assert values(signal(white(8.0), white(8.0, seed=7)))["spectral_flatness"] >= 0.98


def test_pink_noise() -> None:
    """Pink noise has its rolloff at 20 Hz · 1000^.85, and is as flat as white noise in every half octave."""
    found = values(stereo(pink(60.0)))
    assert found["spectral_rolloff"] == pytest.approx(7096, rel=0.04)
    assert found["spectral_flatness"] >= 0.97


def test_a_sine_is_not_flat() -> None:
    """The flatness of a tone is close to 0 at any level."""
    for hertz in (40, 60, 110, 440, 1000, 3000):
        assert values(stereo(sine(hertz)))["spectral_flatness"] < 0.01, hertz
    assert values(stereo(sine(1000, amplitude=0.01)))["spectral_flatness"] < 0.01


@pytest.mark.parametrize("hertz", [41.2, 55, 220])
def test_low_notes_are_not_flat(hertz: float) -> None:
    """The partials of a low note are resolved, so that it reads like any other tone."""
    assert values(stereo(saw(hertz)))["spectral_flatness"] < 0.02


def test_a_tone_above_the_bands_has_no_flatness() -> None:
    """The side lobes of a tone above 4 kHz are not noise: the flatness is 0 and undefined."""
    found = measure(stereo(sine(8000)))
    assert found.values["spectral_flatness"] == 0
    assert "spectral_flatness" in found.undefined


def test_the_low_pass_of_a_codec_is_not_heard_as_tonal() -> None:
    """Noise that ends at 5 kHz is as flat as noise over the whole band."""
    assert values(stereo(low_passed(white(8.0), 5000)))["spectral_flatness"] >= 0.98


def test_hum_with_hiss_is_low() -> None:
    """A hum of 50 Hz 20 dB above hiss has its centroid and its rolloff near the hum, and is tonal."""
    hum = 0.1 * 2**0.5 * np.sin(2 * np.pi * 50 * times(8.0))
    found = values(stereo(hum + white(8.0, 0.01)))
    assert found["spectral_centroid"] < 150
    assert found["spectral_rolloff"] == pytest.approx(50, abs=5)
    assert found["spectral_flatness"] < 0.05


@pytest.mark.parametrize("hertz", [60, 100, 440, 1000, 1471, 1480, 7003])
def test_rolloff_of_a_sine_is_its_frequency(hertz: float) -> None:
    """The rolloff of a tone is its frequency, to 2 Hz."""
    assert values(stereo(sine(hertz)))["spectral_rolloff"] == pytest.approx(hertz, abs=2)


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
    heard = magnitude[inside] ** 2
    heard = np.sqrt(np.maximum(heard - 1e-4 * heard.max(axis=0), 0))
    centroid = librosa.feature.spectral_centroid(S=heard, freq=frequencies[inside])
    rolloff = librosa.feature.spectral_rolloff(S=magnitude[inside] ** 2, freq=frequencies[inside], roll_percent=0.85)
    found = values(stereo(track))
    assert found["spectral_centroid"] == pytest.approx(float(np.median(centroid)), rel=0.02)
    assert found["spectral_rolloff"] == pytest.approx(float(np.median(rolloff)), abs=32.4)


def test_flatness_does_not_depend_on_the_level() -> None:
    """Noise at -80 dBFS is as flat as loud noise."""
    assert values(stereo(white(5.0, 1e-4)))["spectral_flatness"] >= 0.98
