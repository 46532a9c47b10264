"""The onset envelope: how much begins at each moment; and the onsets in it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..spectrum.stft import band_matrix
from ..spectrum.subband_stft import SubbandSTFT, bin_frequencies, mirrored
from ..types import ComplexArray, FloatArray, Series, kept

FRAMES_PER_SEC: Final = 100.0
_FRAME: Final = 256  # samples at about 11 kHz: 23 ms
_BANDS: Final = 36
_LOWEST_HZ: Final = 30.0
_HIGHEST_HZ: Final = 5300.0
_FLOOR: Final = 1e-5  # of the loudest frame so far: what lies further down does not count as change
_PULSE_FLOOR: Final = 3e-3  # what a foot taps to stands out more
_REGISTERS: Final = (0, 7, 20)  # the first bands of the low (below 400 Hz), middle and high (above 1650 Hz)
_WIDE_BANDS_HZ: Final = (30.0, 250.0, 1000.0, 2500.0, 5300.0)
_WIDE_FLOOR: Final = 1e-4
_RISE: Final = 2.0  # 3 dB
_LAG: Final = 2  # frames between the spectra that are compared: their windows hardly overlap

_MARGIN: Final = 3.0  # times the local median; stationary noise stays under it
_LEAST: Final = 6.0  # octaves summed over bands: less is no event
_MEDIAN_SEC: Final = 1.0
_RANGE: Final = 1e-6  # onsets 60 dB under the loudest frame are not heard
_APART_SEC: Final = 0.03
_FRAMES_AT_END: Final = 3  # frames that an end of the file cuts, with a spectrum of their own
_STRETCH: Final = 60_000  # frames, ten minutes
_CONTEXT: Final = 150  # frames


@dataclass(frozen=True)
class OnsetStrength:
    """What begins, moment by moment, in a whole file or in a stretch of a long one.

    ``flux`` is the summed rise of the log power of 36 bands, in octaves of power; ``accents`` the same of what stands
    out, with the power compressed less, apart for low, middle and high bands, shape (3, frames); ``power`` the mean
    square of each frame; ``rises`` whether the power, or that of a wide band, rose by 3 dB. The others are (frames,);
    ``rate`` per second. Frames before and after ``own`` belong to the neighbouring stretches: they are the context.
    """

    flux: FloatArray
    accents: FloatArray
    power: FloatArray
    rises: NDArray[np.bool_]
    rate: float
    own: slice


class OnsetDetector:
    """Makes the onset envelope of the signal at about 11 kHz (Dixon 2006; Böck et al. 2012).

    It comes in stretches of ten minutes, so that a file of any length needs the same room.
    """

    def __init__(self, rate: float, pairs: int) -> None:
        self._spectra = SubbandSTFT(rate, _FRAME, round(rate / FRAMES_PER_SEC), pairs, batch=256)
        self._matrix = _matrix(rate)
        self._loudest = 0.0
        before = np.zeros((_LAG, _BANDS + len(_WIDE_BANDS_HZ)))  # before the first frame there was nothing
        self._before: FloatArray = before.astype(np.float32)
        self._frames = Series(6)  # flux, accents low, middle and high, power, whether it rises
        self._own = 0  # from which of them on they belong to the stretch that comes next

    def feed(self, signal: ComplexArray) -> list[OnsetStrength]:
        """Take the next samples, shape (pairs, samples); return the stretches that are complete now."""
        for power in self._spectra.feed(signal):
            self._compare(power)
        return [self._cut(_CONTEXT)] if len(self._frames) >= _STRETCH + 2 * _CONTEXT else []

    def finish(self) -> OnsetStrength:
        """Return the last stretch: of a file of less than ten minutes the whole."""
        for power in self._spectra.flush():
            self._compare(power)
        return self._cut(0)

    def _cut(self, context: int) -> OnsetStrength:
        """Return what there is, all but the last *context* frames as its own; keep what the next stretch needs."""
        frames = self._frames.take()
        own = slice(self._own, frames.shape[1] - context)
        if context:
            self._frames.append(frames[:, -2 * context :])
            self._own = context
        flux, *accents, power, rises = frames
        return OnsetStrength(flux, np.stack(accents), power, rises > 0, 1 / self._spectra.hop_sec, own)

    def _compare(self, power: FloatArray) -> None:
        """Take spectra of frames, shape (frames, bins)."""
        bands = power @ self._matrix
        total = bands[:, _BANDS:].sum(axis=1)
        loudest = np.maximum(np.maximum.accumulate(total), np.float32(self._loudest))
        self._loudest = float(loudest[-1])
        floor = np.maximum(loudest, np.finfo(np.float32).tiny * np.float32(1e8))[:, None]
        relative = np.concatenate((bands[:, :_BANDS], total[:, None], bands[:, _BANDS:]), axis=1) / floor
        series = np.concatenate((self._before, relative), dtype=np.float32)
        self._before = series[-_LAG:]
        narrow, wide = series[:, :_BANDS], series[:, _BANDS:] + np.float32(_WIDE_FLOOR)
        flux = _octaves_risen(narrow + np.float32(_FLOOR / _BANDS))
        logs = np.log2(narrow + np.float32(_PULSE_FLOOR / _BANDS))
        accents = np.add.reduceat(np.maximum(logs[_LAG:] - logs[:-_LAG], 0), _REGISTERS, axis=1)
        rises = np.any(wide[_LAG:] >= _RISE * wide[:-_LAG], axis=1)
        self._frames.append(np.stack((flux, *accents.T, total, rises)).astype(np.float32))


def _octaves_risen(powers: FloatArray) -> FloatArray:
    """Return how far the bands rose in all, from frame to frame, shape (frames,).

    One logarithm is taken of the product of four bands: with their floor it stays far under what a float32 holds.
    """
    ratios = np.maximum(powers[_LAG:] / powers[:-_LAG], 1)
    for _ in range(2):
        half = ratios.shape[1] // 2
        ratios = ratios[:, :half] * ratios[:, half:]
    risen: FloatArray = np.log2(ratios).sum(axis=1)
    return risen


@lru_cache(maxsize=2)
def _matrix(rate: float) -> FloatArray:
    """Return what sums both bins of each frequency into the narrow and the wide bands, for signals of one rate."""
    frequencies, width = bin_frequencies(rate, _FRAME), rate / _FRAME
    low, high = (np.log1p(edge / 700) for edge in (_LOWEST_HZ, _HIGHEST_HZ))
    mel_edges_hz = 700 * np.expm1(np.linspace(low, high, _BANDS + 1))  # equally wide on the mel scale
    bands = [band_matrix(frequencies, width, edges_hz) for edges_hz in (mel_edges_hz, np.array(_WIDE_BANDS_HZ))]
    return kept(mirrored(np.concatenate(bands)).T.copy())


class OnsetEvents(NamedTuple):
    """Where something begins, in frames of the envelope, and the power there; both (onsets,)."""

    frames: NDArray[np.int64]
    powers: FloatArray


def onsets(envelope: OnsetStrength) -> OnsetEvents:
    """Find where something begins, among the envelope's own frames.

    An onset is a peak of the flux, three times the local median or more, where the power rises by 3 dB.
    Those that are not ``audible`` beside the loudest of the file are among them.

    Parameters
    ----------
    envelope : OnsetStrength
    """
    flux, rate = envelope.flux, envelope.rate
    apart = max(1, round(_APART_SEC * rate))
    span = round(_MEDIAN_SEC * rate)
    local = median_filter(flux, 2 * (span // 2) + 1, mode="nearest") if len(flux) > span else np.median(flux)
    padded = np.pad(flux, apart, constant_values=0)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * apart + 1)
    highest = (flux >= around.max(axis=1)) & (flux > around[:, :apart].max(axis=1))
    candidate = highest & (flux >= np.maximum(_MARGIN * local, _LEAST))
    rising = np.lib.stride_tricks.sliding_window_view(np.pad(envelope.rises, 2), 5).any(axis=1)
    found = np.flatnonzero((candidate & rising)[: len(flux) - _FRAMES_AT_END])
    found = found[(found >= envelope.own.start) & (found < envelope.own.stop)]
    found = found[[_begins(envelope, int(onset)) for onset in found]] if len(found) else found
    near = np.lib.stride_tricks.sliding_window_view(np.pad(envelope.power, (0, 3)), 4).max(axis=1)
    return OnsetEvents(found, near[found])


def audible(powers: FloatArray, loudest: float) -> NDArray[np.bool_]:
    """Say which onsets are not 60 dB under the loudest frame of the file."""
    heard: NDArray[np.bool_] = powers >= _RANGE * loudest
    return heard


def _begins(envelope: OnsetStrength, onset: int) -> bool:
    """Say whether something begins there, and was not just on when the file began."""
    if onset > _FRAMES_AT_END:
        return True
    after = envelope.power[onset + 6 : onset + 12]
    return bool(len(after)) and float(after.max()) < 0.1 * float(envelope.power[: onset + 4].max())
