"""Plain values: that they are plain, and add up."""

import pickle
from pathlib import Path

from auralis_fp.models import Counts, FileStamp, Health
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
    }


def test_the_total_is_the_sum() -> None:
    """Each state counts."""
    assert Counts(done=1, outdated=2, pending=4, running=8, failed=16).total == 31


def test_health_forgets_what_works_again() -> None:
    """A part is down from one mark to the next."""
    health = Health()
    health.mark_down("watcher", "no events")
    health.mark_down("watcher", "still none")
    assert health.faults == {"watcher": "still none"}
    health.mark_up("watcher")
    health.mark_up("database")
    assert not health.faults
