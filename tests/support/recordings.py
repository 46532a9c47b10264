"""Made-up recordings, and copies of them."""

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.sub_fingerprints import SubFingerprints

RATE = 22_050


def recording(seed: int, seconds: float = 60.0, rate: int = RATE) -> NDArray[np.float32]:
    """Return random notes over soft noise, shape (samples, 2)."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    mono = 0.002 * rng.standard_normal(count)
    note_length = int(0.4 * rate)
    time = np.arange(note_length) / rate
    for start in range(0, count - note_length, int(0.1 * rate)):
        hz = 220.0 * 2 ** (rng.integers(0, 36) / 12)
        decay = np.exp(-rng.uniform(2, 12) * time)
        mono[start : start + note_length] += rng.uniform(0.02, 0.2) * decay * np.sin(2 * np.pi * hz * time)
    return np.stack([mono, 0.8 * mono], axis=1).astype(np.float32)


def bits(samples: NDArray[np.float32], rate: int = RATE, block: int = 4096) -> bytes:
    """Return the sub-fingerprints of samples."""
    computing = SubFingerprints(rate, samples.shape[1])
    for start in range(0, len(samples), block):
        computing.add_block(samples[start : start + block])
    return computing.result()
