"""Rhythms with known tempo and onsets."""

import numpy as np
from numpy.typing import NDArray

from signals import RATE, times

_CLICK_SEC = 0.01


def placed(
    onsets: NDArray[np.float64] | list[float], sound: NDArray[np.float64], seconds: float, rate: int = RATE
) -> NDArray[np.float64]:
    """Return *sound* repeated at each of *onsets* (seconds)."""
    track = np.zeros(round(seconds * rate) + len(sound))
    for onset in onsets:
        first = round(onset * rate)
        if first < round(seconds * rate):
            track[first : first + len(sound)] += sound
    return track[: round(seconds * rate)]


def click(rate: int = RATE, seed: int = 5) -> NDArray[np.float64]:
    """Return a short decaying noise burst."""
    at = times(_CLICK_SEC, rate)
    return 0.5 * np.random.default_rng(seed).uniform(-1, 1, len(at)) * np.exp(-at / 0.002)


def clicks(
    bpm: float, seconds: float = 30.0, *, start: float = 0.1, jitter: float = 0.0, seed: int = 6
) -> NDArray[np.float64]:
    """Return clicks at a steady tempo, displaced by normal *jitter* relative to the period."""
    period = 60 / bpm
    onsets = np.arange(start, seconds - 0.05, period)
    onsets = onsets + np.random.default_rng(seed).normal(0, jitter * period, len(onsets))
    return placed(np.clip(onsets, 0, seconds), click(), seconds)


def kick(rate: int = RATE) -> NDArray[np.float64]:
    """Return a bass drum."""
    at = times(0.25, rate)
    return 0.8 * np.sin(2 * np.pi * (50 * at + 30 * (1 - np.exp(-at / 0.03)) / 10)) * np.exp(-at / 0.08)


def snare(rate: int = RATE, seed: int = 7) -> NDArray[np.float64]:
    """Return a snare drum."""
    at = times(0.2, rate)
    noise = np.random.default_rng(seed).standard_normal(len(at))
    return (0.25 * noise + 0.3 * np.sin(2 * np.pi * 190 * at)) * np.exp(-at / 0.06)


def hat(rate: int = RATE, seed: int = 8) -> NDArray[np.float64]:
    """Return a closed hi-hat: high-passed noise."""
    at = times(0.06, rate)
    noise = np.diff(np.random.default_rng(seed).standard_normal(len(at)), n=2, append=[0, 0])
    return 0.08 * noise * np.exp(-at / 0.015)


def drum_loop(bpm: float, seconds: float = 30.0, *, start: float = 0.1) -> NDArray[np.float64]:
    """Return a drum loop: kick on one and three, snare on two and four, hi-hats on the eighths."""
    beat = 60 / bpm
    beats = np.arange(start, seconds - 0.3, beat)
    track = placed(beats[0::2], kick(), seconds) + placed(beats[1::2], snare(), seconds)
    track += placed(np.arange(start, seconds - 0.3, beat / 2), hat(), seconds)
    return np.asarray(track / np.abs(track).max() * 0.8, dtype=np.float64)


def six_eight(bpm: float, seconds: float = 30.0) -> NDArray[np.float64]:
    """Return a 6/8 drum loop: kick and snare on the two beats, hi-hats on the eighths."""
    beat = 60 / bpm
    beats = np.arange(0.1, seconds - 0.3, beat)
    track = placed(beats[0::2], kick(), seconds) + placed(beats[1::2], snare(), seconds)
    track += placed(np.arange(0.1, seconds - 0.3, beat / 3), hat(), seconds)
    return np.asarray(track / np.abs(track).max() * 0.8, dtype=np.float64)


def half_time(bpm: float, seconds: float = 30.0) -> NDArray[np.float64]:
    """Return a half-time drum loop: kick on one, snare on three, hi-hats on the eighths."""
    beat = 60 / bpm
    beats = np.arange(0.1, seconds - 0.3, beat)
    track = placed(beats[0::4], kick(), seconds) + placed(beats[2::4], snare(), seconds)
    track += placed(np.arange(0.1, seconds - 0.3, beat / 2), hat(), seconds)
    return np.asarray(track / np.abs(track).max() * 0.8, dtype=np.float64)


def hats(bpm: float, seconds: float) -> NDArray[np.float64]:
    """Return hi-hats on the beat, above 6 kHz, over a randomly modulated hum."""
    at, rng = times(seconds), np.random.default_rng(11)
    spectrum = np.fft.rfft(placed(np.arange(0.1, seconds - 0.1, 60 / bpm), hat(), seconds))
    spectrum[np.fft.rfftfreq(len(at), 1 / RATE) < 6000] = 0
    swells = np.interp(at, np.arange(0, seconds + 1, 0.9), rng.uniform(0.2, 1, len(np.arange(0, seconds + 1, 0.9))))
    return 0.1 * swells * np.sin(2 * np.pi * 90 * at) + np.fft.irfft(spectrum, len(at))


def rubato(seconds: float, seed: int) -> NDArray[np.float64]:
    """Return swelling three-note chords at random intervals of 0.8 to 4 s."""
    rng, track = np.random.default_rng(seed), np.zeros(round((seconds + 6) * RATE))
    at = times(6.0)
    swell = np.minimum(at / 0.1, 1) * np.exp(-at / 3)
    begins = np.cumsum(rng.uniform(0.8, 4.0, 100))
    for begin in begins[begins < seconds]:
        tones = (110, 165, 220 * rng.choice([0.94, 1, 1.12]))
        first = round(begin * RATE)
        track[first : first + len(at)] += 0.1 * swell * np.sum([np.sin(2 * np.pi * hz * at) for hz in tones], axis=0)
    return track[: round(seconds * RATE)]


def strings(seconds: float, *, fade: float = 0.3, seed: int = 9) -> NDArray[np.float64]:
    """Return a string section: crossfading chords of 2 s, each voice with its own vibrato."""
    rng, chord_sec = np.random.default_rng(seed), 2.0 + fade
    at = times(chord_sec)
    swell = 0.05 * np.sin(np.pi / 2 * np.clip(np.minimum(at, chord_sec - at) / fade, 0, 1))
    track = np.zeros(round((seconds + chord_sec) * RATE))
    for index, start in enumerate(np.arange(0, seconds, 2.0)):
        chord = np.zeros_like(at)
        for hertz in ((220, 262, 330), (175, 262, 349), (147, 220, 294), (165, 208, 247))[index % 4]:
            for _ in range(3):
                cents = rng.normal(0, 6) + 15 * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * at + rng.uniform(0, 6.28))
                phase = 2 * np.pi * np.cumsum(hertz * 2 ** (cents / 1200)) / RATE
                chord += np.sum([np.sin(partial * phase) / partial for partial in range(1, 11)], axis=0)
        first = round(start * RATE)
        track[first : first + len(at)] += chord * swell
    return track[: round(seconds * RATE)]
