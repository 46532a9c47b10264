"""Sounds without attacks or without a steady pulse: what sways, swells, or falls at random."""

import numpy as np
from numpy.typing import NDArray

from rhythms import click, placed
from signals import RATE, saw, sine, times

Mono = NDArray[np.float64]


def vibrato(
    hertz: float, cents: float = 50.0, seconds: float = 24.0, note_hz: float = 330.0, unsteady: float = 0.0
) -> Mono:
    """Return a sustained note with vibrato, whose rate varies by the share *unsteady* as in a voice."""
    knots = np.random.default_rng(8).standard_normal(round(seconds / 0.3) + 1)
    rate = hertz * (1 + unsteady * np.interp(times(seconds), np.linspace(0, seconds, len(knots)), knots))
    swing = np.sin(2 * np.pi * np.cumsum(rate) / RATE)
    phase = 2 * np.pi * np.cumsum(note_hz * 2 ** (cents / 1200 * swing)) / RATE
    return np.asarray(0.2 * np.sum([np.sin(partial * phase) / partial for partial in range(1, 9)], axis=0))


def tremolo(hertz: float, depth: float, seconds: float = 24.0) -> Mono:
    """Return a sustained note whose amplitude sways between 1 - *depth* and 1."""
    return saw(220, seconds) * (1 - depth / 2 + depth / 2 * np.sin(2 * np.pi * hertz * times(seconds)))


def beating(hertz: float, seconds: float = 24.0) -> Mono:
    """Return two tones that are *hertz* apart."""
    return sine(440, seconds, 0.3) + sine(440 + hertz, seconds, 0.3)


def beating_octaves(seconds: float = 24.0) -> Mono:
    """Return two tones with their octaves, which beat together."""
    return sine(330, seconds, 0.2) + sine(331.5, seconds, 0.2) + sine(660, seconds, 0.2) + sine(663, seconds, 0.2)


def surf(seconds: float = 30.0, seed: int = 1) -> Mono:
    """Return waves of noise every four to eight seconds."""
    random = np.random.default_rng(seed)
    noise = np.convolve(random.standard_normal(round(seconds * RATE)), np.ones(8) / 8, "same")
    swell, at = np.zeros(len(noise)), 0.0
    while at < seconds:
        length = random.uniform(4, 8)
        swell += np.exp(-0.5 * ((times(seconds) - at) / (length / 5)) ** 2)
        at += length
    return np.asarray(0.3 * noise * (0.1 + swell), dtype=np.float64)


def rain(seconds: float = 24.0, seed: int = 2) -> Mono:
    """Return a hundred drops a second at random times over a hiss."""
    random = np.random.default_rng(seed)
    track = 0.003 * random.standard_normal(round(seconds * RATE))
    for start in random.uniform(0, seconds - 0.1, round(seconds * 120)):
        count = int(random.uniform(0.001, 0.006) * RATE)
        drop = random.exponential(0.05) * random.standard_normal(count) * np.exp(-np.arange(count) / (count / 3))
        track[int(start * RATE) : int(start * RATE) + count] += drop
    return track


def applause(seconds: float = 24.0, seed: int = 3) -> Mono:
    """Return sixty people who clap at their own, unsteady rates."""
    random = np.random.default_rng(seed)
    track, clap = np.zeros(round(seconds * RATE)), np.exp(-np.arange(882) / 176)
    for _ in range(60):
        period, loudness = random.uniform(0.2, 0.35), random.uniform(0.02, 0.2)
        at = random.uniform(0, period)
        while at < seconds - 0.1:
            first = int(at * RATE)
            track[first : first + 882] += loudness * random.standard_normal(882) * clap
            at += period * random.normal(1, 0.08)
    return track


def speech(seconds: float = 24.0, seed: int = 4) -> Mono:
    """Return syllables of random length, pitch and vowel, some with a consonant, in phrases with pauses."""
    random = np.random.default_rng(seed)
    track, at = np.zeros(round(seconds * RATE)), 0.2
    while at < seconds - 0.6:
        length = random.uniform(0.08, 0.28)
        sec = times(length)
        pitch = random.uniform(90, 160) * (1 + random.uniform(-0.3, 0.3) * sec / length)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = random.uniform(300, 900), random.uniform(1000, 2500)
        vowel = np.zeros(len(sec))
        for partial in range(1, 25):
            weights = [np.exp(-0.5 * ((partial * 120 - formant) / 200) ** 2) for formant in formants]
            vowel += (weights[0] + 0.5 * weights[1]) * np.sin(partial * phase)
        first = int(at * RATE)
        track[first : first + len(sec)] += 0.2 * vowel * np.sqrt(np.sin(np.pi * sec / length))
        if random.random() < 0.4:
            count = int(random.uniform(0.03, 0.09) * RATE)
            track[first : first + count] += 0.05 * np.diff(random.standard_normal(count + 1))
        at += length + (random.uniform(0, 0.06) if random.random() < 0.75 else random.uniform(0.15, 0.6))
    return track


def glissando(seconds: float = 20.0) -> Mono:
    """Return a tone that rises by three octaves."""
    phase = 2 * np.pi * np.cumsum(110 * 2 ** (3 * times(seconds) / seconds)) / RATE
    return np.asarray(0.3 * np.sum([np.sin(partial * phase) / partial for partial in range(1, 8)], axis=0))


def one_click(seconds: float = 25.0, tone: float = 0.0) -> Mono:
    """Return a single loud click over a faint hiss and perhaps a tone."""
    hiss = 1e-4 * np.random.default_rng(5).standard_normal(round(seconds * RATE))
    return placed([10.0], click(), seconds) + hiss + sine(220, seconds, tone)


def random_ticks(seconds: float = 24.0, seed: int = 6) -> Mono:
    """Return ticks at intervals between 0.2 and 1 s."""
    onsets = np.cumsum(np.random.default_rng(seed).uniform(0.2, 1.0, 200))
    return placed(onsets[onsets < seconds - 0.1], click(), seconds)


def hum_with_hiss(seconds: float = 20.0) -> Mono:
    """Return a mains hum with hiss 40 dB below it."""
    return sine(50, seconds, 0.3) + 0.003 * np.random.default_rng(7).standard_normal(round(seconds * RATE))
