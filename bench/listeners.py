"""Compare onsets, pitch and harmonic ratio with other implementations on an excerpt."""

from collections.abc import Iterator
from typing import Final

import essentia
import essentia.standard
import librosa
import mir_eval
import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.analysis.level.levels import LevelMeter
from auralis_fp.analysis.level.silence import SilenceGate
from auralis_fp.analysis.rhythm.onset_strength import OnsetDetector, pick_onsets
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.decimation import SubbandRates
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import StreamingSTFT
from auralis_fp.analysis.tonal.pitch import PitchTracker

from .comparison import Comparison
from .music import Track
from .plain_frames import power_frames

Mono = NDArray[np.float32]

STRETCH_SEC: Final = 30.0
_PITCH_SEC: Final = 10.0  # essentia's YIN is slow
_ESSENTIA_RATE: Final = 44_100
_TOLERANCE_SEC: Final = 0.05
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 2000.0
_THRESHOLD: Final = 0.15
_SAME_PITCH_CENTS: Final = 50.0


def heard(track: Track, positions: tuple[str, ...]) -> Iterator[Comparison]:
    """Yield comparisons on the first 30 s of a track.

    F-measures and shares of agreeing frames are yielded beside 1, what they would be for the same answers.
    """
    essentia.log.infoActive = essentia.log.warningActive = False
    stretch = np.ascontiguousarray(track.samples[: round(STRETCH_SEC * track.rate)])
    centred = stretch - stretch.mean(axis=0, dtype=np.float64).astype(np.float32)
    mono = centred.mean(axis=1)
    if not mono.any():
        return
    extractor = FingerprintExtractor(track.rate, positions)
    extractor.add_block(stretch)
    ours = extractor.result().values
    power = np.concatenate(list(power_frames(stretch.astype(np.float64), track.rate)), axis=1)
    harmonic, _ = librosa.decompose.hpss(power, kernel_size=(15, 31), power=2.0)
    share = float(harmonic.sum() / power.sum())
    yield Comparison("harmonic_ratio", "librosa, plain frames, same kernels", ours["harmonic_ratio"], share)
    onsets, pitches = _ours(stretch, track.rate, positions)
    yield from _onsets(mono, track.rate, onsets)
    yield from _pitches(mono, track.rate, pitches)


def _ours(stretch: Mono, rate: int, positions: tuple[str, ...]) -> tuple[NDArray[np.float64], Mono]:
    """Return our onset times in seconds and the pitch of each frame in Hz."""
    grid, layout = STFTGrid.for_rate(rate), Layout.of(positions)
    stft = StreamingSTFT(grid, layout.pairs, len(positions))
    detector = OnsetDetector(SubbandRates(grid).mid_rate, len(layout.pairs))
    tracker = PitchTracker(grid, layout.full_range)
    for spectra in (*stft.transform(stretch), *stft.flush()):
        detector.detect(spectra.mid_band)
        tracker.track(spectra)
    envelope = detector.flush()
    levels = LevelMeter(rate, layout.downmix)
    levels.measure(stretch)
    onsets = pick_onsets(envelope) / envelope.rate
    return onsets[SilenceGate(levels.levels()).sounding(onsets)], tracker.pitches()


def _onsets(mono: Mono, rate: int, ours: NDArray[np.float64]) -> Iterator[Comparison]:
    theirs = librosa.onset.onset_detect(y=mono, sr=rate, units="time")
    yield from _agreement("librosa `onset_detect`", ours, theirs, len(mono) / rate)
    resampled = librosa.resample(mono, orig_sr=rate, target_sr=_ESSENTIA_RATE, res_type="soxr_hq")
    _, attacks = essentia.standard.OnsetRate()(np.ascontiguousarray(resampled, dtype=np.float32))[::-1]
    yield from _agreement("essentia `OnsetRate`", ours, np.asarray(attacks), len(mono) / rate)


def _agreement(
    who: str, ours: NDArray[np.float64], theirs: NDArray[np.float64], duration_sec: float
) -> Iterator[Comparison]:
    mine, other = (min(1.0, len(found) / duration_sec / 10) for found in (ours, theirs))
    yield Comparison("transient_density", who, mine, other)
    if len(ours) and len(theirs):
        score = mir_eval.onset.f_measure(np.sort(theirs), np.sort(ours), window=_TOLERANCE_SEC)[0]
        yield Comparison("transient_density", f"{who}, F-measure within 50 ms", float(score), 1.0)


def _pitches(mono: Mono, rate: int, ours: Mono) -> Iterator[Comparison]:
    """Yield the share of agreeing voiced frames and their median distance in cents."""
    grid = STFTGrid.for_rate(rate)
    theirs = {
        "librosa `yin`": _librosa_pitches(mono, rate, grid.hop_length),
        "essentia `PitchYin`": _essentia_pitches(mono[: round(_PITCH_SEC * rate)], rate, grid),
    }
    for who, pitches in theirs.items():
        count = min(len(ours), len(pitches))
        both = (ours[:count] > 0) & (pitches[:count] > 0)
        if both.sum() < 50:
            continue
        cents = np.abs(1200 * np.log2(ours[:count][both] / pitches[:count][both]))
        agreeing = float(np.mean(cents < _SAME_PITCH_CENTS))
        yield Comparison("pitch_stability", f"{who}, frames within 50 cents, share", agreeing, 1.0)
        if agreeing > 0:
            middle = float(np.median(cents[cents < _SAME_PITCH_CENTS]))
            yield Comparison("pitch_stability", f"{who}, median distance of these in cents", middle, 0.0)


def _librosa_pitches(mono: Mono, rate: int, hop: int) -> NDArray[np.float64]:
    """Return the pitch of each frame; librosa estimates one for every frame, voiced or not."""
    return np.asarray(
        librosa.yin(
            mono,
            fmin=_LOWEST_HZ,
            fmax=_HIGHEST_HZ,
            sr=rate,
            frame_length=2 * hop,
            hop_length=hop,
            trough_threshold=_THRESHOLD,
        )
    )


def _essentia_pitches(mono: Mono, rate: int, grid: STFTGrid) -> NDArray[np.float64]:
    yin = essentia.standard.PitchYin(
        frameSize=grid.frame_length,
        minFrequency=_LOWEST_HZ,
        maxFrequency=_HIGHEST_HZ,
        sampleRate=rate,
        tolerance=_THRESHOLD,
    )
    padded = np.pad(mono, grid.hop_length).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, grid.frame_length)[:: grid.hop_length]
    found = [yin(np.ascontiguousarray(frame)) for frame in frames]
    return np.array([pitch if confidence > 1 - _THRESHOLD else 0.0 for pitch, confidence in found])
