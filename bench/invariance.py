"""How much the dimensions move under changes that are not heard, and how much of their range music uses."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from auralis_fp import schema
from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.models import Tempo

from . import page
from .music import load, table
from .options import Options

Signal = NDArray[np.float32]
Values = dict[str, float]

SECONDS: Final = 90
TRIM_SEC: Final = 5
MEAN_LIMIT: Final = 0.1
LARGEST_LIMIT: Final = 0.5
TRIM_LIMITS: Final = (0.25, 1.0)
_CODECS: Final = {
    "MP3 128k": ("mp3", "libmp3lame", "fltp", 128),
    "Opus 96k": ("ogg", "libopus", "flt", 96),
    "AAC 128k": ("ipod", "aac", "fltp", 128),
}
_LOW_RATE: Final = 22_050
_SAME: Final = 0.01  # relative difference of the tempo
_EXACT: Final[dict[str, Callable[[Signal, int], Signal]]] = {
    "-6 dB": lambda samples, _: samples * np.float32(10 ** (-6 / 20)),
    "-20 dB": lambda samples, _: samples * np.float32(0.1),
    "trimmed": lambda samples, rate: samples[TRIM_SEC * rate :],
    "polarity": lambda samples, _: -samples,
    "swap": lambda samples, _: samples[:, ::-1],
}
CHANGES: Final = (*_CODECS, "48 kHz", "22 kHz", *_EXACT)
_NOTES: Final = f"""
Mean and largest difference between a track and its copy, in standard deviations between the tracks, `mean / largest`.
Each track is its first {SECONDS} s. The trimmed copy lacks the first {TRIM_SEC} s. The copy at 22.05 kHz is compared
with the same sound at the rate of the track, without what lies above 11 kHz. `lufs` is compared after the gain; LAME
lowers it by 0.4 dB. Undefined values are left out. The aim is a mean of {MEAN_LIMIT} and a maximum of {LARGEST_LIMIT},
for the trimmed copy {TRIM_LIMITS[0]} and {TRIM_LIMITS[1]:g}; what exceeds it is marked with \\*.
"""


class Result(NamedTuple):
    """The values of a recording without undefined ones, and its tempo."""

    values: Values
    tempo: Tempo | None


class Measured(NamedTuple):
    """The result of a track, and for each change those before and after it."""

    plain: Result
    pairs: dict[str, tuple[Result, Result]]


def report(options: Options) -> str:
    """Return the tables of invariance and spread."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        tracks = [each for each in pool.map(_measure, options.files) if each is not None]
    text = f"## Invariance\n\n{_invariance(tracks)}{_NOTES}\n{_tempo(tracks)}\n## Spread\n\n{_spread(tracks)}"
    if options.write:
        page.put("invariance", text, options.header, page.ACCURACY)
    return text


def _measure(path: Path) -> Measured | None:
    track = load(path)
    if track is None or len(track.samples) < 15 * track.rate or track.samples.shape[1] > 2:
        return None
    samples = track.samples[: SECONDS * track.rate]
    plain = _fingerprint(samples, track.rate)
    pairs = {name: (plain, _fingerprint(change(samples, track.rate), track.rate)) for name, change in _EXACT.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, (container, codec, kind, kbits) in _CODECS.items():
            file = Path(folder) / f"{codec}.{container}"
            _encode(samples, track.rate, file, container, codec, kind, kbits)
            pairs[name] = plain, _of_file(file)
    pairs["48 kHz"] = plain, _fingerprint(_resampled(samples, track.rate, 48_000), 48_000)
    low = _resampled(samples, track.rate, _LOW_RATE)
    whole = _fingerprint(_resampled(low, _LOW_RATE, track.rate), track.rate)
    pairs["22 kHz"] = whole, _fingerprint(low, _LOW_RATE)
    return Measured(plain, pairs)


def _fingerprint(samples: Signal, rate: int) -> Result:
    extractor = FingerprintExtractor(rate, ("FL", "FR")[: samples.shape[1]] if samples.shape[1] > 1 else ("FC",))
    extractor.add_block(np.ascontiguousarray(samples, dtype=np.float32))
    found = extractor.result()
    return Result({name: value for name, value in found.values.items() if name not in found.undefined}, found.tempo)


def _of_file(path: Path) -> Result:
    track = load(path)
    assert track is not None
    return _fingerprint(track.samples, track.rate)


def _encode(samples: Signal, rate: int, path: Path, container: str, codec: str, kind: str, kbits: int) -> None:
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    with av.open(str(path), "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=48_000 if codec == "libopus" else rate, layout=layout)
        stream.bit_rate, stream.codec_context.format = 1000 * kbits, kind
        stream.codec_context.open()
        resampler = av.AudioResampler(kind, layout, stream.rate, frame_size=stream.codec_context.frame_size)
        for frame in (*resampler.resample(_frame(samples, rate)), *resampler.resample(None)):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _resampled(samples: Signal, rate: int, to: int) -> Signal:
    resampler = av.AudioResampler("flt", "stereo" if samples.shape[1] == 2 else "mono", to)
    frames = (*resampler.resample(_frame(samples, rate)), *resampler.resample(None))
    return np.concatenate([frame.to_ndarray().reshape(-1, samples.shape[1]) for frame in frames])


def _frame(samples: Signal, rate: int) -> av.AudioFrame:
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    return frame


def _invariance(tracks: Sequence[Measured]) -> str:
    return table(("dimension", *CHANGES), [(f"`{name}`", *_cells(tracks, name)) for name in schema.NAMES])


def _cells(tracks: Sequence[Measured], name: str) -> Iterator[str]:
    deviation = float(np.std(_column(tracks, name)))
    for change in CHANGES:
        moved = [
            abs(after.values[name] - before.values[name] - _gain(name, change)) / deviation
            for before, after in (track.pairs[change] for track in tracks)
            if name in before.values and name in after.values and deviation > 0
        ]
        if not moved:
            yield "–"
            continue
        mean, largest = float(np.mean(moved)), max(moved)
        limits = TRIM_LIMITS if change == "trimmed" else (MEAN_LIMIT, LARGEST_LIMIT)
        mark = " \\*" if mean > limits[0] or largest > limits[1] else ""
        yield f"{mean:.2f} / {largest:.2f}{mark}"


def _tempo(tracks: Sequence[Measured]) -> str:
    """Return how often the tempo of a copy is that of the track, or the second candidate of the copy is."""
    rows = []
    for change in CHANGES:
        kept = [_kept(*track.pairs[change]) for track in tracks]
        first, second = 100 * np.mean(kept, axis=0)
        rows.append((change, len(kept), f"{first:.1f}", f"{second:.1f}"))
    told = f"Share of the copies whose tempo is within {100 * _SAME:g} % of that of the track, in percent:\n\n"
    return told + table(("change", "tracks", "the tempo", "one of the two candidates"), rows)


def _kept(before: Result, after: Result) -> tuple[bool, bool]:
    """Return whether the tempo stays, and whether it is one of the candidates; undefined stays undefined."""
    if before.tempo is None or after.tempo is None:
        return before.tempo is after.tempo, before.tempo is after.tempo
    bpm = before.tempo.candidates[0].bpm
    same = [abs(each.bpm / bpm - 1) <= _SAME for each in after.tempo.candidates]
    return same[0], any(same)


def _gain(name: str, change: str) -> float:
    return float(change.removesuffix(" dB")) if name == "lufs" and change.endswith(" dB") else 0.0


def _column(tracks: Sequence[Measured], name: str) -> NDArray[np.float64]:
    return np.array([track.plain.values[name] for track in tracks if name in track.plain.values])


def _spread(tracks: Sequence[Measured]) -> str:
    rows = []
    for each in schema.DIMENSIONS:
        values = _column(tracks, each.name)
        low, tenth, middle, ninth, high = np.percentile(values, (5, 10, 50, 90, 95))
        width = each.high - each.low
        bound = float(np.mean(np.minimum(values - each.low, each.high - values) <= 0.005 * width))
        undefined = 1 - len(values) / len(tracks)
        used = f"{100 * (high - low) / width:.0f} %"
        quantiles = (f"{value:.3g}" for value in (low, tenth, middle, ninth, high))
        rows.append((f"`{each.name}`", *quantiles, used, f"{100 * bound:.0f} %", f"{100 * undefined:.0f} %"))
    head = ("dimension", "5 %", "10 %", "median", "90 %", "95 %", "5 to 95 % of the range", "at a bound", "undefined")
    note = "\nA value is at a bound if it is within half a percent of the range of it.\n"
    return table(head, rows) + note + _pairs(tracks)


def _pairs(tracks: Sequence[Measured]) -> str:
    """Return the closest pairs of dimensions by correlation."""
    found = []
    for first, second in combinations(schema.NAMES, 2):
        plain = [track.plain.values for track in tracks]
        both = np.array([(each[first], each[second]) for each in plain if first in each and second in each])
        if len(both) > 2 and (both.std(axis=0) > 0).all():
            found.append((float(np.corrcoef(both.T)[0, 1]), first, second))
    found.sort(key=lambda each: -abs(each[0]))
    rows = [(f"`{first}`", f"`{second}`", f"{correlation:.3f}") for correlation, first, second in found[:8]]
    return "\nThe closest pairs of dimensions:\n\n" + table(("dimension", "dimension", "correlation"), rows)
