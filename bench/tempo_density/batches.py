"""Batches of examples of all sources."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.rhythm.band_levels import BANDS
from auralis_fp.analysis.types import FloatArray

SHARES: Final = {"mma": 1.0, "drums": 1.1, "styles": 0.8, "song": 0.9, "tune": 0.5}  # of a batch
SIZE: Final = 64


class Examples(NamedTuple):
    """Examples of a source.

    Parameters
    ----------
    inputs : ndarray, shape (examples, 256, 64), float16
    bpm : ndarray, shape (examples,), float32
    beats : ndarray, shape (examples, 256), float32
        1 at a beat, -1 where the beats are unknown.
    """

    inputs: NDArray[np.float16]
    bpm: FloatArray
    beats: FloatArray


class Batch(NamedTuple):
    """Examples in single precision."""

    inputs: FloatArray
    bpm: FloatArray
    beats: FloatArray


def draw(examples: Mapping[str, Examples], random: np.random.Generator) -> Batch:
    """Return examples of all sources, some of them a band higher or lower.

    Parameters
    ----------
    examples : mapping of str to Examples
    random : numpy.random.Generator
    """
    shares = np.array([SHARES[source] for source in examples])
    counts = random.multinomial(SIZE, shares / shares.sum())
    parts = []
    for found, count in zip(examples.values(), counts, strict=True):
        chosen = random.integers(0, len(found.bpm), count)
        parts.append(Batch(found.inputs[chosen].astype(np.float32), found.bpm[chosen], found.beats[chosen]))
    inputs, bpm, beats = (np.concatenate(each) for each in zip(*parts, strict=True))
    shifts = random.integers(-1, 2, len(bpm))
    halves = inputs.reshape(*inputs.shape[:2], 2, BANDS)
    shifted = np.stack([np.roll(each, shift, axis=2) for each, shift in zip(halves, shifts, strict=True)])
    return Batch(shifted.reshape(inputs.shape), bpm, beats)
