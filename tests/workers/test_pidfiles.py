"""PID files of worker processes, and how the next run uses them."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from auralis_fp.workers.pidfiles import PidFiles
from disks import small_disk

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
    """Return a process that sleeps for a minute."""
    process = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait(10)


def test_orphans_are_killed(tmp_path: Path) -> None:
    """A process without its parent is killed, and its PID file removed."""
    subprocess.run([sys.executable, "-c", _LEAVES_A_CHILD, str(tmp_path / "workers")], check=True)
    (note,) = (tmp_path / "workers").iterdir()
    orphan = psutil.Process(int(note.name))
    assert PidFiles(tmp_path / "workers").end_orphans() == [orphan.pid]
    orphan.wait(10)
    assert not note.exists()


def test_orphans_are_killed_although_the_disk_was_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their PID files are in a folder for temporary files, which only their owner may write to."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with small_disk(tmp_path / "disk", 1) as disk:
        (disk.folder / "workers").mkdir()
        with contextlib.suppress(OSError), (disk.folder / "full").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        subprocess.run([sys.executable, "-c", _LEAVES_A_CHILD, str(disk.folder / "workers")], check=True)
        (folder,) = (tmp_path / "temporary").iterdir()
        (orphan,) = (psutil.Process(int(note.name)) for note in folder.iterdir())
        folder.chmod(0o777)
        assert PidFiles(disk.folder / "workers").end_orphans() == []
        folder.chmod(0o700)
        assert PidFiles(disk.folder / "workers").end_orphans() == [orphan.pid]
        orphan.wait(10)
        assert list(folder.iterdir()) == []


def test_a_process_with_a_parent_is_kept(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """Its parent is responsible for it; the PID file stays until it is removed."""
    notes = PidFiles(tmp_path)
    notes.write(sleeper.pid)
    assert notes.end_orphans() == []
    assert sleeper.is_running()
    assert [note.name for note in tmp_path.iterdir()] == [str(sleeper.pid)]
    notes.remove(sleeper.pid)
    notes.remove(sleeper.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_reused_pid_is_kept(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """A process that started at another time is not ours."""
    (tmp_path / str(sleeper.pid)).write_text(f"{time.time() - 3600} {os.getpid() + 1}", encoding="ascii")
    assert PidFiles(tmp_path).end_orphans() == []
    assert sleeper.is_running()
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_start_time_matches_no_process(tmp_path: Path, sleeper: psutil.Popen) -> None:
    """A PID file whose time is NaN causes no kill."""
    (tmp_path / str(sleeper.pid)).write_text(f"nan {os.getpid() + 1}", encoding="ascii")
    assert PidFiles(tmp_path).end_orphans() == []
    assert sleeper.is_running()


@pytest.mark.parametrize("text", ["", "what", "1 2 3", "nan x"])
def test_other_files_are_ignored(text: str, tmp_path: Path) -> None:
    """Files with other names or contents are left alone."""
    (tmp_path / "12").write_text(text, encoding="ascii")
    (tmp_path / "readme").write_text("1.0 2", encoding="ascii")
    (tmp_path / "13").mkdir()
    assert PidFiles(tmp_path).end_orphans() == []


def test_a_folder_that_cannot_be_created_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without PID files the work continues."""
    (tmp_path / "file").touch()
    PidFiles(tmp_path / "file" / "workers").write(os.getpid())
    assert "could not be written" in caplog.text
