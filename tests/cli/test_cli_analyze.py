"""``analyze``: JSON lines."""

import json
import os
import subprocess
import sys
from pathlib import Path

from auralis_fp import schema
from commands import auralis, environment, song


def test_results_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    """Results are printed in the order of the arguments and not stored."""
    files = [song(tmp_path / f"{number}.wav", seconds) for number, seconds in enumerate((60, 4, 30, 4))]
    done = auralis("analyze", *files, "--workers", "2")
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["path"] for record in records] == [str(file) for file in files]
    for record in records:
        assert list(record) == ["path", "fingerprint", "metadata", "processing_time_ms"]
        assert tuple(record["fingerprint"]) == schema.NAMES
        assert schema.fault_of(record["fingerprint"]) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.wav", "1.wav", "2.wav", "3.wav"]


def test_a_failed_file_has_a_line(tmp_path: Path) -> None:
    """A failed file has a line with code, stage and message, and the exit code is 1."""
    good, missing, bad = song(tmp_path / "good.wav"), tmp_path / "missing.wav", tmp_path / "bad.wav"
    bad.write_text("no music", encoding="ascii")
    done = auralis("analyze", missing, good, bad)
    assert done.returncode == 1
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(record) for record in (records[0], records[2])] == [{"path", "error"}] * 2
    assert set(records[0]["error"]) == {"code", "stage", "message"}
    assert "fingerprint" in records[1]


def test_paths_are_printed_as_given(tmp_path: Path) -> None:
    """Relative paths and names that are not valid text are accepted."""
    song(tmp_path / "song.wav")
    odd = os.fsencode(tmp_path) + b"/\xe9\xff.wav"
    os.link(tmp_path / "song.wav", odd)
    command: list[str | bytes] = [sys.executable, "-m", "auralis_fp", "analyze", b"./song.wav", odd]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, env=environment(), timeout=100)
    assert done.returncode == 0
    assert done.stdout.isascii()
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [os.fsencode(record["path"]) for record in records] == [b"./song.wav", odd]


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """``analyze ... | head -1`` ends without an error message."""
    files = [song(tmp_path / f"{number}.wav") for number in range(20)]
    command = [sys.executable, "-m", "auralis_fp", "analyze", *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert json.loads(running.stdout.readline())["path"] == str(files[0])
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 1
