"""``analyze``: inputs and output formats."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp import schema
from commands import auralis, environment, on_terminal, song
from patience import LIMIT_SEC


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
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, env=environment(), timeout=LIMIT_SEC)
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
        assert running.wait(60) == 0


def test_folders_are_searched(tmp_path: Path) -> None:
    """The audio files below a folder are analysed in order of their paths; other files are skipped."""
    for name in ("b.wav", "a/c.wav", ".d.wav"):
        song(tmp_path / "music" / name)
    (tmp_path / "music" / "notes.txt").write_text("no music", encoding="ascii")
    done = auralis("analyze", tmp_path / "music")
    assert done.returncode == 0
    found = [json.loads(line)["path"] for line in done.stdout.splitlines()]
    assert found == [str(tmp_path / "music" / name) for name in ("a/c.wav", "b.wav")]


def test_a_folder_without_music_is_an_error(tmp_path: Path) -> None:
    """An empty folder is reported."""
    done = auralis("analyze", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"auralis-fp: {tmp_path} contains no audio files\n")


@pytest.mark.parametrize("null", [False, True], ids=["lines", "nul"])
def test_names_on_standard_input(tmp_path: Path, *, null: bool) -> None:
    """``-`` reads names of files and folders from standard input, one per line or NUL-terminated."""
    names = [str(song(tmp_path / "one.wav")), str(song(tmp_path / "two" / "2.wav").parent), str(tmp_path / "none.wav")]
    ending = "\0" if null else "\n"
    done = auralis("analyze", "-", *(["-0"] if null else []), text=ending.join(["", *names, ""]))
    assert done.returncode == 1
    found = [json.loads(line)["path"] for line in done.stdout.splitlines()]
    assert found == [names[0], f"{names[1]}/2.wav", names[2]]


def test_results_of_a_slow_list_come_at_once(tmp_path: Path) -> None:
    """A result is printed before standard input ends."""
    file = song(tmp_path / "one.wav")
    command = [sys.executable, "-m", "auralis_fp", "analyze", "-"]
    with subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(os.fsencode(file) + b"\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["path"] == str(file)
        running.stdin.close()
        assert running.wait(60) == 0


def test_lists_and_playlists(tmp_path: Path) -> None:
    """Names in a list are relative to the working directory, names in a playlist to the playlist."""
    file = song(tmp_path / "one.wav")
    (tmp_path / "list.txt").write_text(f"{file}\r\n\n", encoding="utf-8")
    (tmp_path / "list.m3u8").write_text(f"\ufeff#EXTM3U\n#EXTINF:4,One\none.wav\n{file}\n", encoding="utf-8")
    done = auralis("analyze", tmp_path / "list.m3u8", "-T", tmp_path / "list.txt")
    assert done.returncode == 0
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == [str(file)] * 3
    missing = auralis("analyze", "--files-from", tmp_path / "none.txt")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "none.txt cannot be read" in missing.stderr


def test_tables(tmp_path: Path) -> None:
    """``--table`` prints one line per file, or all dimensions of a single file."""
    good, bad = song(tmp_path / "good.wav", 4.0), tmp_path / "bad.wav"
    bad.write_text("no music", encoding="ascii")
    done = auralis("analyze", "--table", good, bad)
    assert done.returncode == 1
    titles, units, first, second = done.stdout.splitlines()
    assert "Tempo" in titles
    assert "BPM" in units
    assert "0:04" in first
    assert "unsupported: " in second
    alone = auralis("analyze", "--table", good).stdout
    assert all(dimension.title in alone for dimension in schema.DIMENSIONS)
    assert "undefined" in alone


def test_a_terminal_gets_a_table(tmp_path: Path) -> None:
    """On a terminal the default is a table, with ``--json`` JSON lines."""
    good = song(tmp_path / "\x1b[31mgood.wav")
    table = on_terminal("analyze", good, good)
    assert "Tempo" in table
    assert "\x1b" not in table
    assert json.loads(on_terminal("analyze", "--json", good))["path"] == str(good)
