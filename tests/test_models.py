"""Plain values that cross process borders, and their JSON forms."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.models import FileStamp, Tempo, TempoCandidate, TrackMetadata
from auralis_fp.states import Counts, Health
from stored import CORRUPT, STAMP, analysed, seen


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    """Size and time are the file's own, to the nanosecond."""
    path = tmp_path / "song.mp3"
    path.write_bytes(b"12345")
    status = path.stat()
    assert FileStamp.of(status) == FileStamp(5, status.st_mtime_ns)
    path.write_bytes(b"123456")
    assert FileStamp.of(path.stat()) != FileStamp.of(status)


def test_values_cross_process_borders() -> None:
    """Whatever is sent to a worker or comes back can be pickled, and is equal on the other side."""
    for value in (analysed(), CORRUPT, STAMP, seen()):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own bytes


def test_metadata_is_json() -> None:
    """Tuples become lists, nothing is left out."""
    assert analysed().metadata.as_json() == {
        "duration_sec": 212.25,
        "sample_rate": 44_100,
        "channels": 2,
        "format": "flac",
        "codec": "flac",
        "warnings": ["truncated"],
        "undefined": ["tempo_bpm"],
        "decoder": "",
        "kernels": "",
        "tempo": None,
    }


def test_the_total_is_the_sum() -> None:
    """Each state counts."""
    assert Counts(done=1, outdated=2, pending=4, running=8, failed=16).total == 31


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        (Counts(), 0),
        (Counts(done=2), 100),
        (Counts(done=2, failed=6), 100),
        (Counts(failed=6), 100),
        (Counts(done=1, pending=2, failed=3), 33),
        (Counts(done=199, outdated=1), 99),
        (Counts(running=1), 0),
    ],
)
def test_coverage(counts: Counts, percent: int) -> None:
    """Coverage is the share of current results among the files that can be analysed, rounded down."""
    assert counts.percent == percent


def test_health_forgets_what_works_again() -> None:
    """A part is down from one mark to the next."""
    health = Health()
    health.mark_down("watcher", "no events")
    health.mark_down("watcher", "still none")
    assert health.faults == {"watcher": "still none"}
    health.mark_up("watcher")
    health.mark_up("database")
    assert not health.faults


def test_metadata_survives_json() -> None:
    """What is written is what is read."""
    metadata = analysed().metadata
    assert TrackMetadata.from_json(json.loads(json.dumps(metadata.as_json()))) == metadata


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration_sec", -1),
        ("duration_sec", float("nan")),
        ("duration_sec", float("inf")),
        ("duration_sec", True),
        ("duration_sec", "212"),
        ("sample_rate", 44100.5),
        ("sample_rate", 0),
        ("sample_rate", True),
        ("channels", 0),
        ("channels", 10**30),
        ("format", None),
        ("codec", 7),
        ("codec", "a" * 101),
        ("duration_sec", 10**400),
        ("warnings", "truncated"),
        ("warnings", [1]),
        ("undefined", {"tempo_bpm": 1}),
    ],
)
def test_metadata_from_elsewhere_is_checked(name: str, value: object) -> None:
    """Each field of the wrong type or size refuses the whole."""
    with pytest.raises(ValueError, match="not the metadata"):
        TrackMetadata.from_json(analysed().metadata.as_json() | {name: value})


@pytest.mark.parametrize("value", [None, [], "text", {}, 7])
def test_what_is_no_metadata_is_refused(value: object) -> None:
    """Anything may stand where metadata should."""
    with pytest.raises(ValueError, match="not the metadata"):
        TrackMetadata.from_json(value)


def test_unknown_dimensions_are_not_taken_over() -> None:
    """What is undefined is named by the schema, in its order."""
    given = analysed().metadata.as_json() | {"undefined": ["tempo_bpm", "taste", "lufs"]}
    assert TrackMetadata.from_json(given).undefined == ("lufs", "tempo_bpm")


def test_tempo_is_json() -> None:
    """The tempo of a track survives JSON."""
    tempo = Tempo((TempoCandidate(87.5, 0.7), TempoCandidate(175.0, 0.25)), 0.7)
    assert Tempo.from_json(tempo.as_json()) == tempo


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"candidates": [], "confidence": 0.5},
        {"candidates": [{"bpm": 120.0}], "confidence": 0.5},
        {"candidates": [{"bpm": -1.0, "probability": 0.5}], "confidence": 0.5},
        {"candidates": [{"bpm": 120.0, "probability": 1.5}], "confidence": 0.5},
        {"candidates": [{"bpm": 120.0, "probability": 0.5}], "confidence": True},
    ],
)
def test_damaged_tempo_is_refused(damaged: dict[str, Any]) -> None:
    """What no analysis writes is not a tempo."""
    with pytest.raises(ValueError, match="tempo"):
        Tempo.from_json(damaged)
