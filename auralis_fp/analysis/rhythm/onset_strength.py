"""Onset strength envelope and onset detection."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter

from ..kernels import onsets as kernels
from ..kernels.onsets import LAG, BandSplit
from ..spectrum.grid import band_matrix
from ..spectrum.subband_stft import SubbandSTFT, bin_frequencies
from ..types import ComplexArray, FloatArray, GrowableArray, readonly

FRAMES_PER_SEC: Final = 100.0
_FRAME: Final = 256  # samples at about 11 kHz: 23 ms
_BANDS: Final = 36
_LOWEST_HZ: Final = 30.0
_HIGHEST_HZ: Final = 5300.0
_FLOOR: Final = 1e-5  # relative to the loudest frame so far; changes below it are ignored
_BEAT_FLOOR: Final = 3e-3  # the same for the flux that the tempo is estimated from
_REGISTERS: Final = (0, 7, 20)  # first band of the low (below 400 Hz), middle and high (above 1650 Hz) register
_WIDE_BANDS_HZ: Final = (30.0, 250.0, 1000.0, 2500.0, 5300.0)
_WIDE_FLOOR: Final = 1e-4
_SPLIT: Final = BandSplit(_BANDS, _REGISTERS, _FLOOR / _BANDS, _BEAT_FLOOR / _BANDS, _WIDE_FLOOR)

_MARGIN: Final = 3.0  # relative to the local median; stationary noise stays below
_LEAST_FLUX: Final = 6.0  # octaves summed over bands
_MEDIAN_SEC: Final = 1.0
_APART_SEC: Final = 0.03
_FRAMES_AT_END: Final = 3  # frames whose spectra are distorted by the end of the file
_SEGMENT: Final = 60_000  # frames, ten minutes
_CONTEXT: Final = 150  # frames


@dataclass(frozen=True)
class OnsetStrength:
    """Onset strength of a whole file or of a segment of a long one.

    Parameters
    ----------
    flux : ndarray, shape (frames,), float32
        Spectral flux of log power, summed over 36 bands, in octaves of power.
    band_flux : ndarray, shape (3, frames), float32
        The same with a higher floor, in the low, middle and high register.
    power : ndarray, shape (frames,), float32
        Mean square of each frame.
    rising : ndarray, shape (frames,), bool
        True where the power, or that of a wide band, rose by 3 dB.
    rate : float
        Frames per second.
    valid : slice
        The frames that belong to this segment; those before and after it are context from its neighbours.
    """

    flux: FloatArray
    band_flux: FloatArray
    power: FloatArray
    rising: NDArray[np.bool_]
    rate: float
    valid: slice


class OnsetDetector:
    """Compute the onset strength of the mid sub-band (Dixon 2006; Böck et al. 2012; ``librosa.onset.onset_strength``).

    Long files come in segments of ten minutes, which bounds the memory.

    Parameters
    ----------
    rate : float
        Sample rate of the sub-band in Hz.
    pairs : int
        Pairs of channels.
    """

    def __init__(self, rate: float, pairs: int) -> None:
        self._stft = SubbandSTFT(rate, _FRAME, round(rate / FRAMES_PER_SEC), pairs, batch=256)
        self._matrix = _matrix(rate)
        self._loudest = 0.0
        previous = np.zeros((LAG, _BANDS + len(_WIDE_BANDS_HZ)))  # silence precedes the file
        self._previous: FloatArray = previous.astype(np.float32)
        self._frames = GrowableArray(6)  # flux, low, middle and high flux, power, rising
        self._first_valid = 0

    def detect(self, signal: ComplexArray) -> list[OnsetStrength]:
        """Append samples, shape (pairs, samples); return the segments they complete."""
        for power in self._stft.transform(signal):
            self._compare(power)
        return [self._cut(_CONTEXT)] if len(self._frames) >= _SEGMENT + 2 * _CONTEXT else []

    def flush(self) -> OnsetStrength:
        """Return the last segment; for files under ten minutes the whole."""
        for power in self._stft.flush():
            self._compare(power)
        return self._cut(0)

    def _cut(self, context: int) -> OnsetStrength:
        """Return all frames, the last *context* of them as context, and keep those the next segment needs."""
        frames = self._frames.take()
        valid = slice(self._first_valid, frames.shape[1] - context)
        if context:
            self._frames.append(frames[:, -2 * context :])
            self._first_valid = context
        flux, *band_flux, power, rising = frames
        return OnsetStrength(flux, np.stack(band_flux), power, rising > 0, 1 / self._stft.hop_sec, valid)

    def _compare(self, power: FloatArray) -> None:
        """Compute the flux at frames from their spectra, shape (frames, bins)."""
        changes, self._loudest = kernels.onset_changes(power @ self._matrix, self._previous, self._loudest, _SPLIT)
        self._frames.append(changes)


@lru_cache(maxsize=2)
def _matrix(rate: float) -> FloatArray:
    """Return the filter bank of the 36 mel bands and the wide bands, shape (bins, bands)."""
    frequencies, width = bin_frequencies(rate, _FRAME), rate / _FRAME
    low, high = (np.log1p(edge / 700) for edge in (_LOWEST_HZ, _HIGHEST_HZ))
    mel_edges_hz = 700 * np.expm1(np.linspace(low, high, _BANDS + 1))  # equally wide on the mel scale
    bands = [band_matrix(frequencies, width, edges_hz) for edges_hz in (mel_edges_hz, np.array(_WIDE_BANDS_HZ))]
    return readonly(np.concatenate(bands).T.copy())


def pick_onsets(strength: OnsetStrength) -> NDArray[np.int64]:
    """Return the frames of the onsets among the valid frames of a segment.

    An onset is a peak of the flux of at least three times the local median, where the power rises by 3 dB. Onsets in
    silent moments are included.

    Parameters
    ----------
    strength : OnsetStrength

    References
    ----------
    Dixon, S. (2006). Onset detection revisited. DAFx.
    Böck, S., Krebs, F., & Schedl, M. (2012). Evaluating the online capabilities of onset detection methods. ISMIR.
    """
    flux, rate = strength.flux, strength.rate
    apart = max(1, round(_APART_SEC * rate))
    span = round(_MEDIAN_SEC * rate)
    local = median_filter(flux, 2 * (span // 2) + 1, mode="nearest") if len(flux) > span else np.median(flux)
    before = maximum_filter1d(np.pad(flux, (apart, 0)), apart, mode="constant")[apart // 2 :][: len(flux)]
    highest = (flux >= maximum_filter1d(flux, 2 * apart + 1, mode="constant")) & (flux > before)
    candidate = highest & (flux >= np.maximum(_MARGIN * local, _LEAST_FLUX))
    rising = maximum_filter1d(strength.rising.view(np.uint8), 5, mode="constant") > 0
    found = np.flatnonzero((candidate & rising)[: len(flux) - _FRAMES_AT_END])
    found = found[(found >= strength.valid.start) & (found < strength.valid.stop)]
    begins: NDArray[np.int64] = found[np.array([_is_onset(strength, int(frame)) for frame in found], dtype=bool)]
    return begins


def _is_onset(strength: OnsetStrength, frame: int) -> bool:
    """Return False for a sound that merely is on when the file begins."""
    if frame > _FRAMES_AT_END:
        return True
    after = strength.power[frame + 6 : frame + 12]
    return bool(len(after)) and float(after.max()) < 0.1 * float(strength.power[: frame + 4].max())
