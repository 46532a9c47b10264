"""Notes of worker processes, and what the next run does with them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from auralis_fp.workers.pidfiles import PidFiles

_LEAVES_A_CHILD = """
import os, subprocess, sys
from pathlib import Path
from auralis_fp.workers.pidfiles import PidFiles
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
PidFiles(Path(sys.argv[1])).write(child.pid)
os._exit(0)
"""


@pytest.fixture
def sleeper() -> Iterator[psutil.Popen]:
    """Return a process of our own that does nothing for a minute."""
    process = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait(10)


def test_who_lost_the_parent_is_ended(tmp_path: Path) -> None:
    """A process whose parent ended without it is killed, and its note is gone."""
    subprocess.run([sys.executable, "-c", _LEAVES_A_CHILD, str(tmp_path / "workers")], check=True)
    (note,) = (tmp_path / "workers").iterdir()
    orphan = psutil.Process(int(note.name))
    assert PidFiles(tmp_path / "workers").end_orphans() == [orphan.pid]
    orphan.wait(10)
    assert not note.exists()


def test_who_has_a_parent_is_left_alone(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """A process whose parent lives is another program's to end; its note stays until it is removed."""
    notes = PidFiles(tmp_path)
    notes.write(sleeper.pid)
    assert notes.end_orphans() == []
    assert sleeper.is_running()
    assert [note.name for note in tmp_path.iterdir()] == [str(sleeper.pid)]
    notes.remove(sleeper.pid)
    notes.remove(sleeper.pid)
    assert list(tmp_path.iterdir()) == []


def test_another_process_under_the_same_number_is_left_alone(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """A number that now belongs to a process begun at another time is nobody of ours, whoever noted it."""
    (tmp_path / str(sleeper.pid)).write_text(f"{time.time() - 3600} {os.getpid() + 1}", encoding="ascii")
    assert PidFiles(tmp_path).end_orphans() == []
    assert sleeper.is_running()
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_no_number_fits_nobody(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """A note whose time is no number lets nobody be killed."""
    (tmp_path / str(sleeper.pid)).write_text(f"nan {os.getpid() + 1}", encoding="ascii")
    assert PidFiles(tmp_path).end_orphans() == []
    assert sleeper.is_running()


@pytest.mark.parametrize("text", ["", "what", "1 2 3", "nan x"])
def test_what_is_no_note_is_passed_over(text: str, tmp_path: Path) -> None:
    """Files with other names or contents stop nothing."""
    (tmp_path / "12").write_text(text, encoding="ascii")
    (tmp_path / "readme").write_text("1.0 2", encoding="ascii")
    (tmp_path / "13").mkdir()
    assert PidFiles(tmp_path).end_orphans() == []


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where no note can be written the work goes on, and the log says so."""
    (tmp_path / "file").touch()
    PidFiles(tmp_path / "file" / "workers").write(os.getpid())
    assert "could not be written" in caplog.text
