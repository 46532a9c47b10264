"""Sub-fingerprints: bits that survive lossy coding, gain and resampling, to recognise copies of a recording."""

from typing import Final

import numpy as np
from scipy import fft

from ..schema.sub_fingerprints import BITS, HOP_SEC, MAX_COUNT
from .kernels.windows import hann
from .types import FloatArray

FRAME_SEC: Final = 20_480 / 44_100
LOW_RATE: Final = 4410  # Hz, about
LOWEST_HZ: Final = 300.0
HIGHEST_HZ: Final = 1800.0
SILENCE: Final = 1e-4  # root mean square of a frame, full scale 1.0
_DECIMATED_AT_ONCE: Final = 65_536  # samples
_FRAMES_AT_ONCE: Final = 32  # their spectra stay in the processor's cache


class SubFingerprints:
    """Computes the sub-fingerprints of the first 72 s of a recording.

    Parameters
    ----------
    sample_rate : int
        Hz.
    channels : int

    Notes
    -----
    The mean of all channels is decimated to about 4.4 kHz by block averages. Frames of 0.46 s, 93 ms apart, have their
    power summed in 33 logarithmic bands from 300 to 1800 Hz; bit m of frame n is set if
    E(n, m) - E(n, m+1) - (E(n-1, m) - E(n-1, m+1)) > 0. All times and edges are in seconds and Hz, so that no sample
    rate is preferred. The sub-fingerprint of a silent frame is 0.

    References
    ----------
    J. Haitsma, T. Kalker, "A highly robust audio fingerprinting system", ISMIR 2002.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._factor = max(1, round(sample_rate / LOW_RATE))
        self._rate = sample_rate / self._factor
        self._mix = np.full(channels, 1.0 / channels, dtype=np.float32)
        self._average = np.full(self._factor, 1.0 / self._factor, dtype=np.float32)
        self._mono: list[FloatArray] = [np.zeros(0, dtype=np.float32)]
        self._pending = 0
        self._parts: list[FloatArray] = []
        self._missing = int((MAX_COUNT * HOP_SEC + FRAME_SEC) * self._rate) + 1

    def add_block(self, block: FloatArray) -> None:
        """Take the next block, shape (samples, channels); what lies beyond the first 72 s is ignored."""
        if self.complete:
            return
        mono = block @ self._mix
        self._mono.append(mono)
        self._pending += len(mono)
        if self._pending >= _DECIMATED_AT_ONCE:
            self._decimate()

    @property
    def complete(self) -> bool:
        """Whether further blocks are ignored."""
        return self._missing <= 0

    def _decimate(self) -> None:
        mono = np.concatenate(self._mono)
        whole = len(mono) // self._factor * self._factor
        low = mono[:whole].reshape(-1, self._factor) @ self._average
        self._mono, self._pending = [mono[whole:]], len(mono) - whole
        self._missing -= len(low)
        self._parts.append(low)

    def result(self) -> bytes:
        """Return the sub-fingerprints, 4 bytes each, least significant first; empty for less than two frames."""
        self._decimate()
        low = np.concatenate(self._parts)
        length = round(FRAME_SEC * self._rate)
        starts = np.round(np.arange(MAX_COUNT + 1) * HOP_SEC * self._rate).astype(np.intp)
        starts = starts[starts + length <= len(low)]
        if len(starts) < 2:
            return b""
        energies, silent = self._band_energies(low, starts, length)
        slopes = energies[:, :-1] - energies[:, 1:]
        bits = slopes[1:] > slopes[:-1]
        words = (bits.astype(np.uint32) << np.arange(BITS, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
        words[silent[1:] | silent[:-1]] = 0
        return bytes(words.astype("<u4").tobytes())

    def _band_energies(self, low: FloatArray, starts: np.ndarray, length: int) -> tuple[FloatArray, np.ndarray]:
        """Return the power of each frame in each band, and which frames are silent."""
        size = fft.next_fast_len(length, real=True)
        edges = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (np.arange(BITS + 2) / (BITS + 1))
        hz = fft.rfftfreq(size, 1.0 / self._rate)
        hz = hz[: np.searchsorted(hz, HIGHEST_HZ)]
        bank = ((hz[:, None] >= edges[:-1]) & (hz[:, None] < edges[1:])).astype(np.float32)
        window = hann(length, periodic=False).astype(np.float32)
        energies = np.empty((len(starts), BITS + 1), dtype=np.float32)
        silent = np.empty(len(starts), dtype=bool)
        frames = np.lib.stride_tricks.sliding_window_view(low, length)
        for first in range(0, len(starts), _FRAMES_AT_ONCE):
            part = slice(first, first + _FRAMES_AT_ONCE)
            chunk = frames[starts[part]] * window
            silent[part] = np.einsum("ij,ij->i", chunk, chunk) < SILENCE**2 * length * 0.375
            spectra = fft.rfft(chunk, size, axis=1)[:, : len(hz)]
            energies[part] = (spectra.real**2 + spectra.imag**2) @ bank
        return energies, silent
