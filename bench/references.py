"""Comparisons with other implementations on whole tracks, one for each dimension they compute."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pyebur128
from numpy.typing import NDArray
from scipy import fft

from auralis_fp.analysis.spectrum.ltas import BANDS, EDGES_HZ

from .comparison import Comparison
from .levels import silence_threshold
from .music import Track
from .plain_frames import spectral

Samples = NDArray[np.float64]

FFMPEG: Final = shutil.which("ffmpeg")
SHORT_TERM_GATES_LU: Final = (-70.0, -20.0)  # EBU Tech 3342


def comparisons(track: Track, ours: dict[str, float]) -> Iterator[Comparison]:
    """Yield comparisons for a track with at least one second of audio.

    Parameters
    ----------
    track : Track
    ours : dict
        Our 25 values of the same samples.
    """
    samples = track.samples.astype(np.float64)
    yield from _bands(samples, track.rate, ours)
    yield from _loudness(track, ours)
    yield from spectral(samples, track.rate, ours)
    samples -= samples.mean(axis=0)
    if samples.any():
        yield from _levels(samples, track.rate, ours)
        yield from _stereo(samples, ours)
        if samples.shape[1] == 2:
            width = _width(samples, track.rate)
            yield Comparison("stereo_width", "one transform of the whole file", ours["stereo_width"], width)
        yield Comparison("chroma_energy", "numpy, frames of 1.5 s", ours["chroma_energy"], _chroma(samples, track.rate))


def _bands(samples: Samples, rate: int, ours: dict[str, float]) -> Iterator[Comparison]:
    length = _fast_length(len(samples))
    power = np.sum([np.abs(fft.rfft(column[:length])) ** 2 for column in samples.T], axis=0)
    frequencies = fft.rfftfreq(length, 1 / rate)
    places = np.searchsorted(frequencies, EDGES_HZ)
    energies = np.array([float(power[low:high].sum()) for low, high in pairwise(places)])
    if not energies.any():
        return
    for name, share in zip(BANDS, 100 * energies / energies.sum(), strict=True):
        yield Comparison(name, "one rectangular transform of the whole file", ours[name], float(share))
    mids = energies[2] + energies[3]
    if energies[1] > 1e-6 * mids and mids > 1e-6 * energies[1]:
        ratio = float(10 * np.log10(energies[1] / mids))
        yield Comparison("bass_mid_ratio", "one rectangular transform of the whole file", ours["bass_mid_ratio"], ratio)


def _fast_length(samples: int) -> int:
    """Return an FFT-friendly length, at most a few thousandths shorter than a long file."""
    length = samples
    while samples > 1_000_000 and fft.next_fast_len(length, real=True) != length and length > 0.998 * samples:
        length -= 1
    return length


def _loudness(track: Track, ours: dict[str, float]) -> Iterator[Comparison]:
    state = pyebur128.R128State(track.samples.shape[1], track.rate, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(track.samples, dtype=np.float64).ravel(), len(track.samples))
    theirs = float(pyebur128.get_loudness_global(state))
    if np.isfinite(theirs) and theirs > -70:
        yield Comparison("lufs", "libebur128", ours["lufs"], theirs)
    if FFMPEG is not None:
        integrated, short_term = _ffmpeg_loudness(track)
        if integrated > -70:
            yield Comparison("lufs", "ffmpeg `ebur128` (prints tenths)", ours["lufs"], integrated)
        if len(short_term) >= 2:
            name = "loudness_variation_std"
            yield Comparison(name, "ffmpeg `ebur128` S (tenths)", ours[name], float(np.std(short_term)))


def _ffmpeg_loudness(track: Track) -> tuple[float, Samples]:
    """Return ffmpeg's integrated loudness and gated short-term values in LUFS."""
    assert FFMPEG is not None
    given = ("-f", "f32le", "-ar", str(track.rate), "-ac", str(track.samples.shape[1]), "-i", "-")
    command = (FFMPEG, "-hide_banner", "-nostats", *given, "-filter:a", "ebur128", "-f", "null", "-")
    data = np.ascontiguousarray(track.samples, dtype="<f4").tobytes()
    said = subprocess.run(command, input=data, capture_output=True, check=True).stderr.decode()
    lines = re.findall(r"t:\s*([\d.]+).*?S:\s*(-?[\d.]+|-inf|nan).*?I:\s*(-?[\d.]+|-inf|nan)", said)
    short_term = np.array([float(loudness) for moment, loudness, _ in lines if float(moment) >= 2.999])
    short_term = short_term[short_term > SHORT_TERM_GATES_LU[0]]
    if len(short_term):
        mean = 10 * np.log10(np.mean(10 ** (short_term / 10)))
        short_term = short_term[short_term > mean + SHORT_TERM_GATES_LU[1]]
    summary = re.search(r"Integrated loudness:\s*I:\s*(-?[\d.]+|-inf|nan)", said)
    integrated = float(summary.group(1)) if summary else float("-inf")
    return integrated, short_term


def _levels(samples: Samples, rate: int, ours: dict[str, float]) -> Iterator[Comparison]:
    peaks, squares = np.abs(samples).max(axis=1), np.mean(samples**2, axis=1)
    crest = 10 * np.log10(peaks.max() ** 2 / squares.mean())
    yield Comparison("crest_db", "numpy over the whole file", ours["crest_db"], float(crest))
    threshold = silence_threshold(squares, rate)
    powers = np.array([frame.mean() for frame in _windows(squares, 0.05, rate)])
    if len(powers):
        silent = _silence(powers < threshold)
        yield Comparison("silence_ratio", "numpy over the whole file", ours["silence_ratio"], silent)
    heights, _ = _highest(peaks, squares, rate, 0.5, threshold)
    if len(heights) >= 2:
        first, third = np.percentile(heights, (25, 75))
        consistency = 1 / (1 + float((third - first) / (third + first)))
        yield Comparison("peak_consistency", "numpy over the whole file", ours["peak_consistency"], consistency)
    heights, means = _highest(peaks, squares, rate, 1.0, threshold)
    if len(heights) >= 2:
        crests, name = 10 * np.log10(heights**2 / means), "dynamic_range_variation"
        spread = float(np.clip(crests, *np.percentile(crests, (10, 90))).std())
        yield Comparison(name, "numpy over the whole file", ours[name], spread / (spread + 2))


def _silence(silent: NDArray[np.bool_]) -> float:
    """Return the share of frames every 25 ms in silent stretches, by their length."""
    if silent.all():
        return 1.0
    counted, stretch = 0.0, 0
    for each in (*silent, False):
        if each:
            stretch += 1
        else:
            counted += stretch * min(1.0, max(0.0, 0.025 * stretch - 1))
            stretch = 0
    return counted / len(silent)


def _highest(peaks: Samples, squares: Samples, rate: int, seconds: float, threshold: float) -> tuple[Samples, Samples]:
    """Return the peaks of the sounding windows, rms of the highest fifth of 25 ms, and the powers."""
    short = round(0.025 * rate)
    parts = peaks[: len(peaks) // short * short].reshape(-1, short).max(axis=1)
    count = round(seconds / 0.025)
    starts = range(0, len(parts) - count + 1, count // 2)
    powers = np.array([squares[first * short : (first + count) * short].mean() for first in starts])
    heights = np.array(
        [np.sqrt(np.mean(np.sort(parts[first : first + count])[-(count // 5) :] ** 2)) for first in starts]
    )
    return heights[powers >= threshold], powers[powers >= threshold]


def _windows(values: Samples, seconds: float, rate: int) -> list[Samples]:
    """Return windows with 50 % overlap; an incomplete last window is dropped."""
    length = round(seconds * rate)
    return [values[first : first + length] for first in range(0, len(values) - length + 1, length // 2)]


def _stereo(samples: Samples, ours: dict[str, float]) -> Iterator[Comparison]:
    if samples.shape[1] != 2:
        return
    left, right = samples.T
    product, energies = float(left @ right), (float(left @ left), float(right @ right))
    if min(energies) > 1e-9 * max(energies):
        correlation = product / float(np.sqrt(energies[0] * energies[1]))
        yield Comparison("phase_correlation", "numpy over the whole file", ours["phase_correlation"], correlation)


def _width(samples: Samples, rate: int) -> float:
    """Return the width of the stereo image from one transform of each side, in bands of one ERB."""
    left, right = (fft.rfft(side[: _fast_length(len(side))]) for side in samples.T)
    rates = 21.4 * np.log10(1 + 0.00437 * fft.rfftfreq(2 * len(left) - 1, 1 / rate))
    lowest, highest = (21.4 * np.log10(1 + 0.00437 * hertz) for hertz in (200.0, 8000.0))
    edges = np.searchsorted(rates, [*np.arange(lowest, highest, 1.0), highest])
    edges = np.unique(edges[edges < len(left)])
    power = np.add.reduceat(np.abs(left) ** 2 + np.abs(right) ** 2, edges)[:-1]
    side = np.add.reduceat(np.abs(left - right) ** 2, edges)[:-1]
    loudness = np.maximum(power / power.max(), 1e-6) ** 0.23 - 1e-6**0.23
    return float(np.minimum(1, side / np.maximum(power, 1e-300)) @ loudness / loudness.sum())


def _chroma(samples: Samples, rate: int) -> float:
    """Return the pitch-class concentration of 60-5000 Hz from frames of 1.5 s every 0.37 s."""
    length, hop = round(1.5 * rate), round(0.37 * rate)
    samples = np.pad(samples, ((length // 2, length // 2), (0, 0)))
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    inside = (frequencies >= 60) & (frequencies <= 5000)
    semitones = 12 * np.log2(frequencies[inside] / 440)
    window = np.hanning(length)[:, None]
    starts = range(0, len(samples) - length + 1, hop)
    powers = np.stack([_power_of(samples[first : first + length] * window)[inside] for first in starts])
    total = powers.sum(axis=0)
    tuning = float(np.angle(total @ np.exp(2j * np.pi * semitones)) / (2 * np.pi))
    classes = np.rint(semitones - tuning).astype(int) % 12
    profiles = np.stack([powers[:, classes == each].sum(axis=1) for each in range(12)], axis=1)
    energy = profiles.sum(axis=1)
    if not energy.any():
        return 0.0
    shares = np.maximum(profiles[energy > 0] / energy[energy > 0, None], 1e-12)
    entropy = -(shares * np.log(shares)).sum(axis=1)
    return float(np.average(1 - entropy / np.log(12), weights=energy[energy > 0]))


def _power_of(frame: Samples) -> Samples:
    power: Samples = (np.abs(np.fft.rfft(frame, axis=0)) ** 2).sum(axis=1)
    return power
