"""Segments of the onset strength of long files."""

from itertools import chain

import numpy as np

from auralis_fp.analysis.rhythm.onset_strength import OnsetDetector, OnsetStrength, pick_onsets
from auralis_fp.analysis.rhythm.tempo import TempoEstimator

_RATE = 11_025
_MINUTES = 21
_HITS_PER_MINUTE = 150


def _stretches() -> list[OnsetStrength]:
    """Return the onset strength of 21 minutes of noise bursts, 150 per minute."""
    rng = np.random.default_rng(3)
    detector = OnsetDetector(_RATE, pairs=1)
    minute = 1e-5 * rng.standard_normal(60 * _RATE)
    for hit in range(_HITS_PER_MINUTE):
        start = round((hit + 0.5) * 60 * _RATE / _HITS_PER_MINUTE)
        minute[start : start + 500] += rng.standard_normal(500) * np.exp(-np.arange(500) / 100)
    signal = minute.astype(np.complex64)[None]
    return [*chain.from_iterable(detector.detect(signal) for _ in range(_MINUTES)), detector.flush()]


def test_hits_are_found_once_where_stretches_meet() -> None:
    """Three segments hold each onset once, and the tempo is found across them."""
    stretches = _stretches()
    assert len(stretches) == 3
    assert sum(len(pick_onsets(stretch)) for stretch in stretches) == _MINUTES * _HITS_PER_MINUTE
    tracker = TempoEstimator()
    for stretch in stretches:
        change = stretch.flux / 100  # of the spectral shape
        tracker.add(stretch, np.stack((0 * change, 0 * change, 0 * change, change)))
    tempo, stability = tracker.estimate()
    assert tempo is not None
    assert abs(tempo.candidates[0].bpm / _HITS_PER_MINUTE - 1) < 0.001
    assert stability > 0.9


def test_frames_of_stretches_are_those_of_the_whole() -> None:
    """The valid frames of all segments add up to the file."""
    stretches = _stretches()
    own = sum(stretch.valid.stop - stretch.valid.start for stretch in stretches)
    assert abs(own - _MINUTES * 60 * stretches[0].rate) < 10
