"""Test signals with known values."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.analysis.spectrum.ltas import EDGES_HZ
from auralis_fp.analysis.types import FeatureValues

Signal = NDArray[np.float32]

RATE = 44_100
BLOCK = 8192  # samples that stay in the cache


def times(seconds: float, rate: int = RATE) -> NDArray[np.float64]:
    """Return the time of each sample."""
    return np.arange(round(seconds * rate)) / rate


def signal(*channels: NDArray[np.float64]) -> Signal:
    """Return channels as one signal, shape (samples, channels)."""
    return np.stack([channel.astype(np.float32) for channel in channels], axis=1)


def stereo(mono: NDArray[np.float64]) -> Signal:
    """Return a signal with the same samples in both channels."""
    return np.repeat(mono.astype(np.float32)[:, np.newaxis], 2, axis=1)


def sine(hertz: float, seconds: float = 5.0, amplitude: float = 0.5, rate: int = RATE) -> NDArray[np.float64]:
    """Return a pure tone."""
    return amplitude * np.sin(2 * np.pi * hertz * times(seconds, rate))


def square(hertz: float, seconds: float = 5.0, amplitude: float = 0.5, rate: int = RATE) -> NDArray[np.float64]:
    """Return a square wave at about *hertz*, with an even number of samples per period."""
    half = round(rate / hertz / 2)
    return np.asarray(amplitude * (1 - 2.0 * ((np.arange(round(seconds * rate)) // half) % 2)), dtype=np.float64)


def saw(hertz: float, seconds: float = 5.0, amplitude: float = 0.3, rate: int = RATE) -> NDArray[np.float64]:
    """Return a sawtooth with partials up to 0.45 of the sample rate, summed by Clenshaw's recurrence."""
    angles = 2 * np.pi * hertz * times(seconds, rate)
    total = np.empty_like(angles)
    for first in range(0, len(angles), BLOCK):
        block = angles[first : first + BLOCK]
        doubled, above, last = 2 * np.cos(block), np.zeros_like(block), np.zeros_like(block)
        for n in range(int(0.45 * rate / hertz), 0, -1):
            np.subtract(doubled * last, above, out=above)
            above += 1 / n
            above, last = last, above
        total[first : first + BLOCK] = last * np.sin(block)
    return amplitude * total


def white(seconds: float = 10.0, sigma: float = 0.1, rate: int = RATE, seed: int = 1) -> NDArray[np.float64]:
    """Return white Gaussian noise."""
    return sigma * np.random.default_rng(seed).standard_normal(round(seconds * rate))


def shaped(seconds: float, power_slope: float, low_hz: float, rate: int = RATE, seed: int = 2) -> NDArray[np.float64]:
    """Return noise with a power density of f ** slope from *low_hz* up, rms 0.1."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / rate)
    gain = np.where(frequencies >= low_hz, np.maximum(frequencies, low_hz) ** (power_slope / 2), 0)
    noise = np.fft.irfft(spectrum * gain, count)
    return np.asarray(0.1 * noise / noise.std(), dtype=np.float64)


def pink(seconds: float = 30.0, rate: int = RATE, seed: int = 2) -> NDArray[np.float64]:
    """Return noise with a power density of 1/f from 5 Hz up."""
    return shaped(seconds, -1.0, 5.0, rate, seed)


def band_limited(seconds: float, low_hz: float, high_hz: float, rate: int = RATE, seed: int = 3) -> NDArray[np.float64]:
    """Return band-limited noise, rms 0.1, equal at every sample rate for the same seed."""
    tones = np.random.default_rng(seed)
    count = 400
    frequencies = tones.uniform(low_hz, high_hz, count)
    phases = tones.uniform(0, 2 * np.pi, count)
    at = times(seconds, rate)
    total = np.zeros_like(at)
    for frequency, phase in zip(frequencies, phases, strict=True):
        total += np.sin(2 * np.pi * frequency * at + phase)
    return np.asarray(0.1 * total / np.sqrt(count / 2), dtype=np.float64)


def low_passed(track: NDArray[np.float64], high_hz: float, rate: int = RATE) -> NDArray[np.float64]:
    """Return a track without anything above *high_hz*."""
    spectrum = np.fft.rfft(track)
    spectrum[np.fft.rfftfreq(len(track), 1 / rate) > high_hz] = 0
    return np.asarray(np.fft.irfft(spectrum, len(track)), dtype=np.float64)


def glide(low_hz: float, high_hz: float, seconds: float = 10.0) -> NDArray[np.float64]:
    """Return a pure tone whose pitch rises evenly in cents."""
    growth = np.log(high_hz / low_hz) / seconds
    phase = 2 * np.pi * low_hz / growth * np.expm1(growth * times(seconds))
    return np.asarray(0.5 * np.sin(phase), dtype=np.float64)


def footsteps(seconds: float, apart_sec: float) -> NDArray[np.float64]:
    """Return dry bursts of noise, with nothing between them."""
    random = np.random.default_rng(5)
    burst = np.exp(-times(0.12) / 0.02)
    track = np.zeros(round(seconds * RATE))
    for start in np.arange(0.2, seconds - 0.2, apart_sec):
        first = round(start * RATE)
        track[first : first + len(burst)] += 0.5 * random.standard_normal(len(burst)) * burst
    return track


def measure(samples: Signal, rate: int = RATE, *, block: int = 65_536) -> FeatureValues:
    """Return the fingerprint of a signal, shape (samples, channels)."""
    positions = (
        ("M",) if samples.shape[1] == 1 else ("FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR")[: samples.shape[1]]
    )
    extractor = FingerprintExtractor(rate, positions)
    for first in range(0, len(samples), block):
        extractor.add_block(np.ascontiguousarray(samples[first : first + block]))
    return extractor.result()


def values(samples: Signal, rate: int = RATE) -> dict[str, float]:
    """Return the fingerprint of a signal."""
    return measure(samples, rate).values


def shares_of_whole(samples: Signal, rate: int = RATE) -> NDArray[np.float64]:
    """Return the seven bands in percent from one transform of the whole signal without its mean."""
    centred = samples - samples.mean(axis=0, dtype=np.float64)
    power = np.sum(np.abs(np.fft.rfft(centred, axis=0)) ** 2, axis=1)
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    energies = [power[(frequencies >= low) & (frequencies < high)].sum() for low, high in pairwise(EDGES_HZ)]
    return np.asarray(100 * np.array(energies) / sum(energies), dtype=np.float64)
