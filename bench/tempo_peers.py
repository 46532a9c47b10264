"""Programs whose tempo estimates ours are compared with."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import aubio
import librosa
import numpy as np
from numpy.typing import NDArray

try:
    import essentia.standard as essentia
except ImportError:  # no wheels for some systems
    essentia = None

RATE: Final = 44_100
LEVELS: Final = (1, 2, 3, 1 / 2, 1 / 3)  # Gouyon et al. 2006

Signal = NDArray[np.float32]


def peers() -> dict[str, Callable[[Signal], float]]:
    """Return the peers by name and version."""
    found: dict[str, Callable[[Signal], float]] = {
        f"librosa {version('librosa')} beat_track": _librosa,
        f"aubio {_version_of('aubio-ledfx')} tempo": _aubio,
    }
    if essentia is not None:
        for name in ("PercivalBpmEstimator", "RhythmExtractor2013"):
            found[f"essentia {_version_of('essentia')} {name}"] = partial(_essentia, name)
    return found


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # aubio is published under several names
        return str(getattr(aubio, "version", ""))


def _librosa(signal: Signal) -> float:
    low = librosa.resample(signal, orig_sr=RATE, target_sr=22_050)
    return float(np.atleast_1d(librosa.beat.beat_track(y=low, sr=22_050)[0])[0])


def _aubio(signal: Signal) -> float:
    """Return the tempo from the median interval of aubio's beats, as in its demo."""
    tempo = aubio.tempo("default", 1024, 512, RATE)
    beats = [
        tempo.get_last_s()
        for start in range(0, len(signal) - 512, 512)
        if tempo(np.ascontiguousarray(signal[start : start + 512]))
    ]
    return float(np.median(60 / np.diff(beats))) if len(beats) > 2 else 0.0


def _essentia(name: str, signal: Signal) -> float:
    """Return the tempo estimate of an essentia algorithm."""
    found = getattr(essentia, name)()(signal)
    return float(found[0] if isinstance(found, tuple) else found)
