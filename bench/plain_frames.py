"""Independent spectral features: NumPy frames evaluated with librosa's functions."""

from collections.abc import Iterator
from typing import Final

import librosa
import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.spectrum.grid import STFTGrid

from .comparison import Comparison

Samples = NDArray[np.float64]

_HIGHEST_HZ: Final = 20_000.0
_SILENCE: Final = 1e-7  # -70 dBFS
_ROLLOFF: Final = 0.85
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
    centroids, rolloffs, total, count = [], [], np.zeros(len(hertz)), 0
    for power in power_frames(samples, rate):
        loud = power[:, power.sum(axis=0) >= _SILENCE]
        if loud.size:
            centroids.append(librosa.feature.spectral_centroid(S=shares * np.sqrt(loud), freq=hertz)[0])
            rolloffs.append(hertz[0] + width * _rolloff_bins(shares * loud))
            total, count = total + loud.sum(axis=1), count + loud.shape[1]
    if not count:
        return
    for name, found in (("spectral_centroid", centroids), ("spectral_rolloff", rolloffs)):
        middle = float(np.median(np.concatenate(found)))
        yield Comparison(name, "librosa on plain frames", ours[name], middle, relative=True)
    mean = total[:, None] / count
    flatness = librosa.feature.spectral_flatness(S=mean, power=1.0, amin=1e-10 * float(mean.max()))
    yield Comparison("spectral_flatness", "librosa, mean spectrum", ours["spectral_flatness"], float(flatness[0, 0]))


def _rolloff_bins(power: Samples) -> Samples:
    """Return the rolloff in bins, interpolated within the bin that librosa returns."""
    bins = librosa.feature.spectral_rolloff(S=power, freq=np.arange(float(len(power))), roll_percent=_ROLLOFF)[0]
    places, frames = bins.astype(int), np.arange(power.shape[1])
    cumulative = power.cumsum(axis=0)
    inside = power[places, frames]
    before = cumulative[places, frames] - inside
    found: Samples = places - 0.5 + (_ROLLOFF * cumulative[-1] - before) / inside
    return found
