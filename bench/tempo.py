"""Tempo beside the peers, on music whose notes tell it."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NamedTuple

import aubio
import librosa
import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.analyze_file import fingerprint_file

from .music import table
from .options import Options
from .tempo_render import Clip
from .tempo_set import build, is_tuned

try:
    import essentia.standard as essentia
except ImportError:  # has no wheels for some systems
    essentia = None

_TOLERANCE: Final = 0.04
_OCTAVES: Final = (1, 2, 3, 1 / 2, 1 / 3)  # Gouyon et al. 2006
_RATE: Final = 44_100
_OURS: Final = "auralis_fp"
PAGE: Final = Path(__file__).parent.parent / "docs" / "tempo.md"
_TOP: Final = """\
# Tempo beside others

<!-- written by `python -m bench tempo --write`, which renders the set first; do not edit -->

"""
_WHAT: Final = """\
Clips of 25 s, rendered with fluidsynth (Debian: fluidsynth, fluid-soundfont-gm), each piece at 0.75, 1 and 1.35 times
its speed. MIDI songs are those of Debian's planetblupi-music-midi, openttd-openmsx and freedoom whose notes bear out
their tempo map; marked scores those of music21's corpus with a metronome mark, every other one with drums over it;
unmarked scores have an arbitrary tempo; loops are drum patterns and plain pulses from 50 to 200 BPM. The weights were
learnt on the tuned half of the pieces. Accuracy 1 is right within 4 %; accuracy 2 also at twice, three times, a half or
a third of the tempo.
"""

Signal = NDArray[np.float32]
Score = tuple[bool, bool]


class FingerprintLookup(NamedTuple):
    """Who says which tempo of a clip, and whether we say that it has one."""

    bpm: Mapping[str, float]
    defined: bool


def report(options: Options) -> str:
    """Return the shares of clips whose tempo is right within 4 % (first), or a level of the same metre (second)."""
    clips = build(options.clips)
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        answers = list(processes.map(_ask, clips, chunksize=4))
    text = _text(list(zip(clips, answers, strict=True)))
    if options.write:
        PAGE.write_text(f"{_TOP}{options.header}\n{text}", encoding="utf-8")
    return "## Tempo\n\n" + text


def _text(asked: Sequence[tuple[Clip, FingerprintLookup]]) -> str:
    heard = [(clip, answer) for clip, answer in asked if clip.bpm is not None]
    without = [answer for clip, answer in asked if clip.bpm is None]
    parts = [_WHAT, f"Peers: {', '.join(sorted(_peers()))}.\n"]
    for title, tuned in (("The unseen half", False), ("The half that the weights were learnt on", True)):
        half = [(clip, answer) for clip, answer in heard if is_tuned(clip) == tuned]
        undefined = sum(not answer.defined for _, answer in half)
        said = f"Of these {len(half)} we call {undefined} undefined, which counts as 120.\n"
        parts += [f"**{title}**: accuracy 1 / accuracy 2, percent\n", _table(half), said]
    undefined = sum(not answer.defined for answer in without)
    parts.append(f"Without any tempo: {len(without)}, of which we say so of {undefined}.\n")
    return "\n".join(parts)


def _table(heard: Sequence[tuple[Clip, FingerprintLookup]]) -> str:
    names = [_OURS, *sorted(_peers())]
    scores: dict[str, list[list[Score]]] = defaultdict(list)
    for clip, answer in heard:
        right = [_right(answer.bpm[who], clip.bpm or 0.0) for who in names]
        for kind in (clip.kind, "all"):
            scores[kind].append(right)
    rows = [
        (kind, len(found), *(f"{first:.1f} / {second:.1f}" for first, second in 100 * np.mean(found, axis=0)))
        for kind, found in sorted(scores.items())
    ]
    ahead = [kind for kind, found in scores.items() if np.argmax(np.mean(found, axis=0)[:, 0]) > 0]
    noted = f"Somebody else is ahead at accuracy 1 in: {', '.join(sorted(ahead)) or 'nothing'}.\n"
    return f"{table(('music', 'clips', *names), rows)}\n{noted}"


def _right(bpm: float, expected: float) -> Score:
    off = [abs(bpm / (expected * ratio) - 1) <= _TOLERANCE for ratio in _OCTAVES]
    return off[0], any(off)


def _ask(clip: Clip) -> FingerprintLookup:
    """Ask everybody; what the peers said is kept beside the clip, as they say the same every time."""
    ours = fingerprint_file(os.fsencode(clip.path))
    kept = clip.path.with_suffix(".json")
    said: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
    missing = {who: peer for who, peer in _peers().items() if who not in said}
    if missing:
        signal, _ = librosa.load(clip.path, sr=_RATE)
        said |= {who: peer(signal) for who, peer in missing.items()}
        kept.write_text(json.dumps(said))
    answers = {_OURS: ours.fingerprint["tempo_bpm"]} | {who: said[who] for who in _peers()}
    return FingerprintLookup(answers, "tempo_bpm" not in ours.metadata.undefined)


def _peers() -> dict[str, Callable[[Signal], float]]:
    """Return the peers, named with their versions."""
    peers: dict[str, Callable[[Signal], float]] = {
        f"librosa {version('librosa')} beat_track": _librosa,
        f"aubio {_version_of('aubio-ledfx')} tempo": _aubio,
    }
    if essentia is not None:
        for name in ("PercivalBpmEstimator", "RhythmExtractor2013"):
            peers[f"essentia {_version_of('essentia')} {name}"] = partial(_essentia, name)
    return peers


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # aubio comes under more than one
        return str(getattr(aubio, "version", ""))


def _librosa(signal: Signal) -> float:
    low = librosa.resample(signal, orig_sr=_RATE, target_sr=22_050)
    return float(np.atleast_1d(librosa.beat.beat_track(y=low, sr=22_050)[0])[0])


def _aubio(signal: Signal) -> float:
    """Return the tempo of the median distance of aubio's beats, as its own demo does."""
    tempo = aubio.tempo("default", 1024, 512, _RATE)
    beats = [
        tempo.get_last_s()
        for start in range(0, len(signal) - 512, 512)
        if tempo(np.ascontiguousarray(signal[start : start + 512]))
    ]
    return float(np.median(60 / np.diff(beats))) if len(beats) > 2 else 0.0


def _essentia(name: str, signal: Signal) -> float:
    """Return the tempo that one of essentia's estimators gives."""
    found = getattr(essentia, name)()(signal)
    return float(found[0] if isinstance(found, tuple) else found)
