"""Independent spectral features: NumPy frames evaluated with librosa's functions."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import librosa
import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.spectrum.grid import STFTGrid

from .comparison import Comparison
from .levels import silence_threshold

Samples = NDArray[np.float64]

_HIGHEST_HZ: Final = 20_000.0
_ROLLOFF: Final = 0.85
_CELL_SEC: Final = 4096 / 11_025
_FLATNESS_EDGES_HZ: Final = (20.0, *(125.0 * 2 ** (step / 2) for step in range(11)))
_FLATNESS_OF_NOISE: Final = 0.934
_BESIDE: Final = 64  # hops, about 1.5 s
_AT_ONCE: Final = 1024  # frames


def power_frames(samples: Samples, rate: int) -> Iterator[Samples]:
    """Yield the power of 46 ms Hann frames with 50 % overlap, averaged over channels, shape (bins, frames).

    The signal is padded by half a frame with the mean of the adjacent 1.5 s. The DC component of each frame is removed.
    Bins overlap the range of 20 Hz to 20 kHz and have their centre above 20 Hz. The bins of a frame sum to its mean
    square.
    """
    grid = STFTGrid.for_rate(rate)
    length, hop = grid.frame_length, grid.hop_length
    window = np.hanning(length + 1)[:-1, None]
    sides = np.where(np.arange(length // 2 + 1) < length // 2, 2, 1)  # the Nyquist bin is not mirrored
    scale = (sides / (length * (window**2).sum()))[: _end(rate)][1:]
    ends = (samples[: _BESIDE * hop], samples[-_BESIDE * hop :])
    before, behind = (np.repeat(end.mean(axis=0, keepdims=True), hop, axis=0) for end in ends)
    padded = np.concatenate((before, samples, behind))
    frames = librosa.util.frame(padded, frame_length=length, hop_length=hop, axis=0)  # (frames, length, channels)
    for first in range(0, len(frames), _AT_ONCE):
        cut = frames[first : first + _AT_ONCE]
        level = (cut * window).sum(axis=1, keepdims=True) / window.sum()
        spectra = np.fft.rfft((cut - level) * window, axis=1)[:, 1 : _end(rate)]
        yield ((np.abs(spectra) ** 2).mean(axis=2) * scale).T


def _end(rate: int) -> int:
    """Return the first bin completely above 20 kHz, or the number of bins."""
    length = STFTGrid.for_rate(rate).frame_length
    return min(length // 2, int(_HIGHEST_HZ * length / rate + 0.5)) + 1


def spectral(samples: Samples, rate: int, ours: dict[str, float]) -> Iterator[Comparison]:
    """Yield comparisons of centroid, rolloff and flatness for samples of shape (samples, channels)."""
    width = rate / STFTGrid.for_rate(rate).frame_length
    hertz = width * np.arange(1, _end(rate))
    shares = np.clip((_HIGHEST_HZ - hertz) / width + 0.5, 0, 1)[:, None]
    sounding = _sounding(samples, rate)
    centroids, rolloffs = [], []
    for power in power_frames(samples, rate):
        loud = power[:, ::2]  # frames that do not overlap; a batch holds an even number
        heard, sounding = sounding[: loud.shape[1]], sounding[loud.shape[1] :]
        loud = loud[:, heard & (loud.sum(axis=0) > 0)]
        if loud.size:
            magnitude = np.sqrt(np.maximum(loud - 1e-4 * loud.max(axis=0), 0))
            centroids.append(librosa.feature.spectral_centroid(S=shares * magnitude, freq=hertz)[0])
            rolloffs.append(hertz[0] + width * _rolloff_bins(shares * loud))
    if centroids:
        for name, found in (("spectral_centroid", centroids), ("spectral_rolloff", rolloffs)):
            middle = float(np.median(np.concatenate(found)))
            yield Comparison(name, "librosa on plain frames", ours[name], middle, relative=True)
    flatness = _flatness(samples, rate)
    if flatness is not None:
        yield Comparison("spectral_flatness", "librosa in bands of plain frames", ours["spectral_flatness"], flatness)


def _sounding(samples: Samples, rate: int) -> NDArray[np.bool_]:
    """Return whether the 50 ms around the centre of every second frame are above the threshold of silence."""
    squares = np.mean((samples - samples.mean(axis=0)) ** 2, axis=1)
    sums = np.concatenate(([0.0], np.cumsum(squares)))
    centres = np.arange(0, len(squares) + rate, STFTGrid.for_rate(rate).frame_length)
    first, last = (np.clip(centres + round(side * rate), 0, len(squares)) for side in (-0.025, 0.025))
    powers = (sums[last] - sums[first]) / np.maximum(last - first, 1)
    return np.asarray(powers >= silence_threshold(squares, rate))


def _flatness(samples: Samples, rate: int) -> float | None:
    """Return the flatness of half-octave bands in cells of 0.74 s by 11 Hz, weighted by energy."""
    length = 2 * round(_CELL_SEC * rate / 2)
    window = np.hanning(length + 1)[:-1, None]
    frames = librosa.util.frame(
        np.pad(samples, ((length // 2, length), (0, 0))), frame_length=length, hop_length=length // 2, axis=0
    )
    powers = np.stack([(np.abs(np.fft.rfft(frame * window, axis=0)) ** 2).sum(axis=1) for frame in frames])
    groups = powers[: len(powers) // 4 * 4].reshape(-1, 4, powers.shape[1]).sum(axis=1)
    cells = groups[:, : groups.shape[1] // 4 * 4].reshape(len(groups), -1, 4).sum(axis=2).T  # (cells, groups)
    edges = np.rint(np.array(_FLATNESS_EDGES_HZ) * length / rate / 4).astype(int)
    flat, energy = 0.0, 0.0
    for low, high in pairwise(edges):
        band = cells[low:high]
        if len(band) == high - low and band.any():
            ratio = librosa.feature.spectral_flatness(S=band, power=1.0, amin=1e-10 * float(band.max()))[0]
            flat, energy = flat + float(ratio @ band.sum(axis=0)), energy + float(band.sum())
    return min(1.0, flat / energy / _FLATNESS_OF_NOISE) if energy > 1e-4 * float(groups.sum()) else None


def _rolloff_bins(power: Samples) -> Samples:
    """Return the rolloff in bins: within the bin that librosa returns, or the centre of a lobe that peaks beside it."""
    bins = librosa.feature.spectral_rolloff(S=power, freq=np.arange(float(len(power))), roll_percent=_ROLLOFF)[0]
    places, frames = bins.astype(int), np.arange(power.shape[1])
    cumulative = power.cumsum(axis=0)
    inside = power[places, frames]
    before = cumulative[places, frames] - inside
    found: Samples = places - 0.5 + (_ROLLOFF * cumulative[-1] - before) / inside
    for frame in frames:
        around = range(max(0, places[frame] - 1), min(len(power), places[frame] + 2))
        peak = max(around, key=lambda each: power[each, frame])
        if 2 <= peak < len(power) - 2 and power[peak, frame] > max(power[peak - 1, frame], power[peak + 1, frame]):
            found[frame] = np.average(np.arange(peak - 2, peak + 3), weights=power[peak - 2 : peak + 3, frame])
    return found
