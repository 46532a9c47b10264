"""How much the dimensions move under changes that are not heard."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from math import log10
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
_LAME_SCALE: Final = 0.95
_GAINS_DB: Final = {"-6 dB": -6.0, "-20 dB": -20.0, "MP3 128k": 20 * log10(_LAME_SCALE)}
_SAME: Final = 0.01  # relative difference of the tempo
_EXACT: Final[dict[str, Callable[[Signal, int], Signal]]] = {
    "-6 dB": lambda samples, _: samples * np.float32(10 ** (-6 / 20)),
    "-20 dB": lambda samples, _: samples * np.float32(0.1),
    "trimmed": lambda samples, rate: samples[TRIM_SEC * rate :],
    "polarity": lambda samples, _: -samples,
    "swap": lambda samples, _: samples[:, ::-1],
}
CHANGES: Final = (*_CODECS, "48 kHz", "22 kHz", *_EXACT)
_AND_BACK: Final = "44.1 → 48 → 44.1 kHz"
_TEMPO_CHANGES: Final = (*CHANGES, _AND_BACK)
_TEMPO_MATTERS: Final = (*_CODECS, _AND_BACK, "trimmed")  # the aim is stated for these
_TEMPO_AIM: Final = 97  # percent
_NOTES: Final = f"""
Mean and largest difference between a track and its copy, in standard deviations between the tracks, `mean / largest`.
Each track is its first {SECONDS} s. The trimmed copy lacks the first {TRIM_SEC} s. The copy at 22.05 kHz is compared
with the same sound at the rate of the track, without what lies above 11 kHz. `lufs` is compared after the gain; at
128 kbit/s LAME scales its input by {_LAME_SCALE:g}. Undefined values are left out. The aim is a mean of {MEAN_LIMIT}
and a maximum of {LARGEST_LIMIT}, for the trimmed copy {TRIM_LIMITS[0]} and {TRIM_LIMITS[1]:g}; what exceeds it is
marked with \\*.
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
    """Return the tables of invariance, of all dimensions and of the tempo."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        tracks = [each for each in pool.map(_measure, options.files) if each is not None]
    text = f"## Invariance\n\n{_invariance(tracks)}{_NOTES}\n{_tempo(tracks)}"
    if options.write:
        page.put("invariance", text, options.header, page.ACCURACY)
    return text


def _measure(path: Path) -> Measured | None:
    track = load(path)
    if track is None or len(track.samples) < 15 * track.rate or track.samples.shape[1] > 2:
        return None
    samples = track.samples[: SECONDS * track.rate]
    plain = fingerprint(samples, track.rate)
    pairs = {name: (plain, fingerprint(change(samples, track.rate), track.rate)) for name, change in _EXACT.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, (container, codec, kind, kbits) in _CODECS.items():
            file = Path(folder) / f"{codec}.{container}"
            _encode(samples, track.rate, file, container, codec, kind, kbits)
            pairs[name] = plain, _of_file(file)
    high = _resampled(samples, track.rate, 48_000)
    pairs["48 kHz"] = plain, fingerprint(high, 48_000)
    pairs[_AND_BACK] = plain, fingerprint(_resampled(high, 48_000, track.rate), track.rate)
    low = _resampled(samples, track.rate, _LOW_RATE)
    whole = fingerprint(_resampled(low, _LOW_RATE, track.rate), track.rate)
    pairs["22 kHz"] = whole, fingerprint(low, _LOW_RATE)
    return Measured(plain, pairs)


def fingerprint(samples: Signal, rate: int) -> Result:
    """Return the defined values of samples, shape (samples, channels), and the tempo."""
    extractor = FingerprintExtractor(rate, ("FL", "FR")[: samples.shape[1]] if samples.shape[1] > 1 else ("FC",))
    extractor.add_block(np.ascontiguousarray(samples, dtype=np.float32))
    found = extractor.result()
    return Result({name: value for name, value in found.values.items() if name not in found.undefined}, found.tempo)


def _of_file(path: Path) -> Result:
    track = load(path)
    assert track is not None
    return fingerprint(track.samples, track.rate)


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
    values = [track.plain.values[name] for track in tracks if name in track.plain.values]
    deviation = float(np.std(values)) if values else 0.0
    for change in CHANGES:
        moved = [
            abs(after.values[name] - before.values[name] - _gain_db(name, change)) / deviation
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
    kept = {change: [_kept(*track.pairs[change]) for track in tracks] for change in _TEMPO_CHANGES}
    together = [each for change in _TEMPO_MATTERS for each in kept[change]]
    rows = [
        (change, len(found), *(f"{100 * share:.1f}" for share in np.mean(found, axis=0)))
        for change, found in (*kept.items(), ("codecs, sample rate and back, trimmed", together))
    ]
    told = f"Share of the copies whose tempo is within {100 * _SAME:g} % of that of the track, in percent:\n\n"
    aim = (
        f"\nThe aim for the last row is {_TEMPO_AIM} % for one of the two candidates. Undefined must stay undefined.\n"
    )
    return told + table(("change", "copies", "the tempo", "one of the two candidates"), rows) + aim


def _kept(before: Result, after: Result) -> tuple[bool, bool]:
    """Return whether the tempo stays, and whether it is one of the candidates; undefined stays undefined."""
    if before.tempo is None or after.tempo is None:
        return before.tempo is after.tempo, before.tempo is after.tempo
    bpm = before.tempo.candidates[0].bpm
    same = [abs(each.bpm / bpm - 1) <= _SAME for each in after.tempo.candidates]
    return same[0], any(same)


def _gain_db(name: str, change: str) -> float:
    return _GAINS_DB.get(change, 0.0) if name == "lufs" else 0.0
