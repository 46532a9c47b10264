"""Vary the sound of a recording: equalisation, reverberation, limiting, noise, band limit, level and codec."""

import io
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter

_RATE: Final = 44_100
Samples = NDArray[np.float32]


def master(samples: Samples, random: np.random.Generator) -> Samples:
    """Return a random variant of a recording, shape (samples, 2)."""
    mix = samples / (np.abs(samples).max() + 1e-9)
    if random.random() < 0.4:
        mix = lfilter([1, random.uniform(-0.5, 0.5)], [1], mix, axis=0)
    if random.random() < 0.3:
        mix = mix + _reverberation(mix, random)
    if random.random() < 0.4:
        mix = np.tanh(random.uniform(1.5, 6) * mix / (np.abs(mix).max() + 1e-9))
    if random.random() < 0.25:
        mix = mix + random.standard_normal(mix.shape) * 10 ** (random.uniform(-70, -38) / 20)
    if random.random() < 0.15:
        pole = random.uniform(0.3, 0.8)
        mix = lfilter([1 - pole], [1, -pole], mix, axis=0)
    mix = (mix / (np.abs(mix).max() + 1e-9) * random.uniform(0.3, 0.95)).astype(np.float32)
    return _coded(mix, random) if random.random() < 0.1 else mix


def _reverberation(mix: Samples, random: np.random.Generator) -> Samples:
    count = int(_RATE * random.uniform(0.2, 1.2))
    response = random.standard_normal((count, 2)) * np.exp(-np.arange(count) / (count / 6))[:, None]
    response *= random.uniform(0.1, 0.5) / np.sqrt((response**2).sum(axis=0))
    wet = [fftconvolve(mix[:, side], response[:, side])[: len(mix)] for side in (0, 1)]
    return np.stack(wet, axis=1).astype(np.float32)


def _coded(mix: Samples, random: np.random.Generator) -> Samples:
    """Encode as MP3 or Vorbis and decode again."""
    stored = io.BytesIO()
    if random.random() < 0.5:
        soundfile.write(stored, mix, _RATE, format="MP3", compression_level=float(random.uniform(0.3, 0.9)))
    else:
        soundfile.write(stored, mix, _RATE, format="OGG", compression_level=float(random.uniform(0.3, 0.9)))
    stored.seek(0)
    decoded, _ = soundfile.read(stored, dtype="float32", always_2d=True)
    return np.asarray(decoded, dtype=np.float32)
