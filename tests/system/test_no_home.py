"""A user without home folder, as in containers with an arbitrary user id."""

import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp.errors import SettingsError
from auralis_fp.settings import NO_DATA_DIR, Settings
from commands import environment, song
from patience import LIMIT_SEC

HOMELESS = """
import os, pwd, runpy, sys

def no_user(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")

os.environ.pop("HOME", None)
pwd.getpwuid = no_user
runpy.run_module("auralis_fp", run_name="__main__")
"""


def homeless(*arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as such a user."""
    command = [sys.executable, "-c", HOMELESS, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, env=environment() | variables
    )


def test_analyze_needs_no_home(tmp_path: Path) -> None:
    """Nothing is stored, so no data folder is needed."""
    done = homeless("analyze", song(tmp_path / "a.wav"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("way", ["option", "variable"])
def test_scan_with_a_data_folder(tmp_path: Path, way: str) -> None:
    """A data folder that was given is all that a scan needs."""
    song(tmp_path / "music" / "a.wav")
    data = str(tmp_path / "data")
    options, variables = (["--data-dir", data], {}) if way == "option" else ([], {"AURALIS_FP_DATA_DIR": data})
    done = homeless("scan", *options, tmp_path / "music", **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 done")


@pytest.mark.parametrize(
    "command", [["status"], ["scan", "."], ["failures"], ["export", "-"], ["serve", "--port", "0"]]
)
def test_commands_that_need_a_data_folder_ask_for_it(command: list[str]) -> None:
    """They print which setting is missing, not a traceback."""
    done = homeless(*command)
    assert done.returncode not in {0, -9}
    assert "Traceback" not in done.stderr
    assert "data_dir" in done.stderr


def test_settings_without_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default data folder is a place that is never used; a path with ``~`` is rejected."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert Settings().data_dir == NO_DATA_DIR
    with pytest.raises(SettingsError, match="must be given"):
        _ = Settings().database
    with pytest.raises(SettingsError, match="home folder is unknown"):
        Settings(data_dir="~/fingerprints")  # type: ignore[arg-type]


@pytest.mark.parametrize("home", ["missing/folder", "a file", "", "\n"])
def test_analyze_with_a_home_that_is_none(tmp_path: Path, home: str) -> None:
    """A folder that does not exist, a file, and nothing at all; nothing is written."""
    (tmp_path / "a file").write_text("no folder")
    place = str(tmp_path / home) if home.strip() else home
    command = [sys.executable, "-m", "auralis_fp", "analyze", str(song(tmp_path / "a.wav"))]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, env=environment() | {"HOME": place}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file", "a.wav"]


def test_scan_with_a_home_that_is_a_file(tmp_path: Path) -> None:
    """It says which folder cannot be used."""
    home = tmp_path / "home"
    home.write_text("no folder")
    song(tmp_path / "music" / "a.wav")
    command = [sys.executable, "-m", "auralis_fp", "scan", str(tmp_path / "music")]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, env=environment() | {"HOME": str(home)}
    )
    assert done.returncode not in {0, -9}
    assert "Traceback" not in done.stderr
    assert str(home) in done.stderr
