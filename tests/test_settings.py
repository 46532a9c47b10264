"""Sources and validation of settings."""

import os
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.errors import SettingsError
from auralis_fp.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_needs_to_be_set() -> None:
    """The defaults are valid and watch no folder."""
    settings = load_settings(environ={})
    assert settings == Settings()
    assert settings.libraries == ()
    assert settings.data_dir == Path.home() / ".auralis" / "fingerprint"
    assert settings.database.parent == settings.data_dir


def test_every_setting_says_what_it_is() -> None:
    """Each setting has a help text."""
    assert all(spec.metadata["help"] for spec in fields(Settings))


def test_code_goes_before_environment_goes_before_file(working_folder: Path) -> None:
    """The first source with a value wins, and None counts as not given."""
    (working_folder / "auralis-fp.toml").write_text("workers = 1\nsettle_sec = 1\nignore = ['a']\n", encoding="utf-8")
    environ = {"AURALIS_FP_WORKERS": "2", "AURALIS_FP_SETTLE_SEC": "2", "PATH": "/bin"}
    settings = load_settings({"workers": 3, "settle_sec": None}, environ=environ)
    assert (settings.workers, settings.settle_sec, settings.ignore) == (3, 2.0, ("a",))


def test_a_file_can_be_named(working_folder: Path) -> None:
    """It replaces the one in the working directory and must exist."""
    (working_folder / "auralis-fp.toml").write_text("workers = 1", encoding="utf-8")
    (working_folder / "other.toml").write_text("workers = 2", encoding="utf-8")
    assert load_settings(environ={}, file=Path("other.toml")).workers == 2
    with pytest.raises(SettingsError, match=r"missing\.toml: cannot be read"):
        load_settings(environ={}, file=Path("missing.toml"))


@pytest.mark.parametrize("content", [b"workers = ", b"\xff", b"[workers]\nx = 1"])
def test_a_bad_file_is_named(working_folder: Path, content: bytes) -> None:
    """Invalid TOML and invalid values raise an error that names the file or setting."""
    (working_folder / "auralis-fp.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"auralis-fp\.toml|workers"):
        load_settings(environ={})


def test_lists_come_as_text_or_lists(working_folder: Path) -> None:
    """Paths are separated as in PATH, other lists by commas."""
    for name in ("a", "b"):
        (working_folder / name).mkdir()
    environ = {"AURALIS_FP_LIBRARIES": f"a{os.pathsep}b", "AURALIS_FP_IGNORE": "*.tmp,Audiobooks"}
    settings = load_settings(environ=environ)
    assert settings.libraries == (working_folder / "a", working_folder / "b")
    assert settings.ignore == ("*.tmp", "Audiobooks")
    assert load_settings({"libraries": ["a"]}, environ={}).libraries == (working_folder / "a",)


def test_paths_are_made_whole(working_folder: Path) -> None:
    """Relative to the working directory, with ``~`` for the home directory."""
    assert load_settings({"data_dir": "x/../data"}, environ={}).data_dir == working_folder / "data"
    assert load_settings({"data_dir": "~/data"}, environ={}).data_dir == Path.home() / "data"


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("yes", True), ("0", False), ("false", False), ("no", False)]
)
def test_flags_come_as_words(text: str, value: object) -> None:
    """Usual spellings of true and false."""
    assert load_settings(environ={"AURALIS_FP_ALLOW_ANY_PATH": text}).allow_any_path is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", -1),
        ("workers", 65),
        ("workers", 1.5),
        ("workers", True),
        ("workers", "two"),
        ("workers", [1]),
        ("time_limit_sec", 0),
        ("time_limit_sec", float("nan")),
        ("time_limit_factor", float("inf")),
        ("memory_limit_mb", 100),
        ("settle_sec", -1),
        ("sweep_interval_sec", 0),
        ("sweep_interval_sec", float("inf")),
        ("sidecars", "everywhere"),
        ("watching", "maybe"),
        ("quiet_hours", "23-7"),
        ("quiet_hours", "25:00-07:00"),
        ("quiet_hours", 23),
        ("allow_any_path", "perhaps"),
        ("allow_any_path", 1.0),
        ("data_dir", 7),
        ("data_dir", ""),
        ("libraries", 7),
        ("libraries", ["missing"]),
        ("libraries", ["a file"]),
        ("ignore", [7]),
        ("host_database", 7),
    ],
)
def test_a_bad_value_is_refused_by_name(working_folder: Path, name: str, value: Any) -> None:
    """The error names the setting."""
    (working_folder / "a file").touch()
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value}, environ={})
    assert caught.value.field == name
    assert str(caught.value).startswith(f"{name}: ")


def test_unknown_settings_are_refused(working_folder: Path) -> None:
    """A misspelled name raises an error."""
    with pytest.raises(SettingsError, match="worker: unknown setting"):
        load_settings({"worker": 2}, environ={})
    with pytest.raises(SettingsError, match="AURALIS_FP_WORKER: "):
        load_settings(environ={"AURALIS_FP_WORKER": "2"})
    (working_folder / "auralis-fp.toml").write_text("worker = 2", encoding="utf-8")
    with pytest.raises(SettingsError, match="worker: "):
        load_settings(environ={})


def test_settings_do_not_change() -> None:
    """They are immutable, so validation on creation suffices."""
    with pytest.raises(FrozenInstanceError):
        Settings().workers = 3  # type: ignore[misc]


def test_one_path_or_several() -> None:
    """A list of paths can be given as one path, or be empty."""
    assert load_settings(environ={"AURALIS_FP_HOST_DATABASE": ""}).host_database == ()
    assert Settings(host_database=Path("/one")).host_database == (Path("/one"),)  # type: ignore[arg-type]
    assert Settings(host_database=None).host_database == ()  # type: ignore[arg-type]
