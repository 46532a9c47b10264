"""Harmonic ratio, pitch stability and chroma concentration."""

import librosa
import numpy as np
import pytest

from rhythms import clicks, drum_loop
from signals import RATE, glide, measure, pink, saw, sine, stereo, times, values, white

C4 = 261.6255653


def vibrato(cents: float) -> np.ndarray:
    """Return 8 s of a tone with a vibrato of *cents* at 5.5 Hz."""
    at = times(8.0)
    phase = np.cumsum(440 * 2 ** (cents / 1200 * np.sin(2 * np.pi * 5.5 * at))) / RATE
    return 0.5 * np.sin(2 * np.pi * phase)


def chord(semitones: list[float], octave: int = 0) -> np.ndarray:
    """Return equally strong pure tones at semitones above C."""
    return np.asarray(np.sum([sine(C4 * 2 ** (octave + step / 12), 6.0, 0.2) for step in semitones], axis=0))


def test_separation_extremes() -> None:
    """A steady tone reads harmonic, clicks percussive, and white noise 0.5."""
    assert values(stereo(sine(440)))["harmonic_ratio"] >= 0.99
    assert values(stereo(clicks(120, 10.0)))["harmonic_ratio"] <= 0.02
    assert values(stereo(white(10.0)))["harmonic_ratio"] == pytest.approx(0.5, abs=0.03)


def test_separation_falls_with_the_share_of_hits() -> None:
    """Louder clicks over a tone lower the harmonic ratio."""
    found = [
        values(stereo(sine(440, 10.0, 0.2) + gain * clicks(240, 10.0)))["harmonic_ratio"] for gain in (0, 0.3, 1, 3)
    ]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 4


@pytest.mark.peers
@pytest.mark.parametrize("name", ["loop and tone", "pink", "chord and noise"])
def test_separation_beside_librosa(name: str) -> None:
    """The ratio is within 0.05 of librosa's HPSS with kernels of the same lengths."""
    track = {
        "loop and tone": drum_loop(110, 8.0) + saw(220, 8.0, 0.1),
        "pink": pink(8.0),
        "chord and noise": np.concatenate((chord([0, 4, 7]), chord([0, 5, 9]))) + white(12.0, 0.03),
    }[name]
    power = np.abs(librosa.stft(track, n_fft=2048, hop_length=1024, window="hann")) ** 2
    frequencies = librosa.fft_frequencies(sr=RATE, n_fft=2048)
    power = power[(frequencies >= 20) & (frequencies <= 20_000)]
    harmonic, _ = librosa.decompose.hpss(power, kernel_size=(15, 31), power=2.0)
    assert values(stereo(track))["harmonic_ratio"] == pytest.approx(harmonic.sum() / power.sum(), abs=0.05)


@pytest.mark.parametrize("hertz", [60, 110, 440, 987.0, 1900])
def test_steady_pitch(hertz: float) -> None:
    """A steady sawtooth has a high pitch stability at any pitch."""
    assert values(stereo(saw(hertz, 4.0)))["pitch_stability"] >= 0.97


def test_no_pitch_in_noise_and_clicks() -> None:
    """White noise, clicks and silence have a low pitch stability."""
    for track in (white(6.0), clicks(120, 6.0), np.zeros(6 * RATE)):
        assert values(stereo(track))["pitch_stability"] <= 0.05


def test_vibrato_lowers_the_stability() -> None:
    """A wider vibrato lowers the pitch stability."""
    found = [values(stereo(vibrato(cents)))["pitch_stability"] for cents in (0, 25, 50, 100)]
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] > 0.3


@pytest.mark.parametrize("tone", ["sine", "saw"])
@pytest.mark.parametrize("steps", [[0, 4, 7], [0, 3, 7], [0, 7], [0, 5, 9], [0, 4, 7, 10], [-12, 4, 7]])
def test_a_chord_has_no_pitch(tone: str, steps: list[float]) -> None:
    """A held chord repeats with the period that its notes share, but nothing sounds there."""
    made = {"sine": sine, "saw": saw}[tone]
    track = np.sum([made(C4 * 2 ** (step / 12), 4.0, 0.1) for step in steps], axis=0)
    assert values(stereo(track))["pitch_stability"] <= 0.05


@pytest.mark.parametrize(("low_hz", "high_hz", "highest"), [(200, 1500, 0.3), (1500, 200, 0.3), (220, 880, 0.4)])
def test_a_glide_is_not_stable(low_hz: float, high_hz: float, highest: float) -> None:
    """A pitch that never stops moving is not stable, up or down, at 350 and at 240 cents a second."""
    assert values(stereo(glide(low_hz, high_hz)))["pitch_stability"] <= highest


def test_a_melody_is_stable() -> None:
    """The steps between the notes of a melody are no glides."""
    melody = np.concatenate([saw(220 * 2 ** (step / 12), 0.25) for step in (0, 2, 4, 5, 7, 5, 4, 2) * 3])
    assert values(stereo(melody))["pitch_stability"] >= 0.75


@pytest.mark.parametrize("octave", [-2, 0, 2])
def test_pitch_classes(octave: int) -> None:
    """One pitch class reads at least .9, two .721, a triad .558, in every octave."""
    assert values(stereo(chord([0], octave)))["chroma_energy"] >= 0.9
    assert values(stereo(chord([0, 7], octave)))["chroma_energy"] == pytest.approx(0.721, abs=0.05)
    assert values(stereo(chord([0, 4, 7], octave)))["chroma_energy"] == pytest.approx(0.558, abs=0.05)


@pytest.mark.parametrize("other", [4, 9])
def test_every_interval_of_two_classes_reads_alike(other: int) -> None:
    """All intervals of two classes read alike, also for low and mistuned notes."""
    for octave, detuned in ((-2, 0.0), (0, 0.3), (1, -0.4)):
        found = values(stereo(chord([detuned, other + detuned], octave)))["chroma_energy"]
        assert found == pytest.approx(0.721, abs=0.05)


@pytest.mark.parametrize("tuning_hz", [415.0, 427.5, 430.0, 435.0, 442.0, 445.0])
def test_pitch_classes_of_other_tunings(tuning_hz: float) -> None:
    """The concentration does not depend on the tuning, from A = 415 to 445 Hz."""
    for steps, expected in (([0.0], 1.0), ([0.0, 7.0], 0.721), ([0.0, 4.0, 7.0], 0.558)):
        moved = [step + 12 * np.log2(tuning_hz / 440) for step in steps]
        assert values(stereo(chord(moved)))["chroma_energy"] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("hertz", [[35.0], [50.0], [5600.0], [30.0, 9000.0]])
def test_pitch_classes_lie_between_60_and_5000_hz(hertz: list[float]) -> None:
    """Tones outside 60-5000 Hz do not count."""
    outside = np.sum([sine(each, 6.0, 0.6) for each in hertz], axis=0)
    assert values(stereo(chord([0, 4, 7]) + outside))["chroma_energy"] == pytest.approx(0.558, abs=0.02)


def test_all_classes_and_noise_are_not_concentrated() -> None:
    """Twelve equal classes and white noise read close to 0."""
    assert values(stereo(chord(list(range(12)))))["chroma_energy"] <= 0.05
    assert values(stereo(white(8.0)))["chroma_energy"] <= 0.05


def test_silence_is_undefined() -> None:
    """Silence has neutral values, listed as undefined."""
    found = measure(stereo(np.zeros(2 * RATE)))
    assert found.values["harmonic_ratio"] == 0.5
    assert {"harmonic_ratio", "pitch_stability", "chroma_energy"} <= set(found.undefined)
