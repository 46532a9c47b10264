"""The settings file is edited without losing anything else in it."""

import tomllib
from pathlib import Path

import pytest

from auralis_fp.engine.settings_file import SettingsFile, replaced
from auralis_fp.errors import RequestError

TEXT = """# my settings
libraries = [
  "/music",  # the good disk
]
workers = 2  # not more
quiet_hours = '''23:00-07:00'''
"""


def test_a_value_is_replaced_and_the_rest_stays() -> None:
    """Comments and other values stay; a list over several lines is replaced as a whole."""
    text = replaced(TEXT, "libraries", ["/music", '/more "music"\\'])
    assert tomllib.loads(text) == tomllib.loads(TEXT) | {"libraries": ["/music", '/more "music"\\']}
    assert text.startswith("# my settings\nlibraries = [")
    assert "workers = 2  # not more\n" in text
    assert tomllib.loads(replaced(TEXT, "quiet_hours", "")) == tomllib.loads(TEXT) | {"quiet_hours": ""}


def test_values_are_added_and_removed() -> None:
    """A new value comes last, also in an empty file or after a last line without an end; None removes a value."""
    assert replaced("", "workers", 3) == "workers = 3\n"
    assert replaced("ignore = []", "busy_percent", 80.5) == "ignore = []\nbusy_percent = 80.5\n"
    assert "workers" not in tomllib.loads(replaced(TEXT, "workers", None))
    assert replaced(TEXT, "ignore", None) == TEXT


@pytest.mark.parametrize("text", ["\U0001f3b7 sax", "tab\t", "del \x7f", "line\nend", "ünï"])
def test_any_text_is_written_as_toml(text: str) -> None:
    """Every character survives."""
    assert tomllib.loads(replaced("", "ignore", [text])) == {"ignore": [text]}


def test_a_change_needs_the_version_it_is_meant_for(tmp_path: Path) -> None:
    """Of two changes to the same version the second is refused, and nothing is lost."""
    file = SettingsFile(tmp_path / "auralis-fp.toml")
    before = file.read()
    after = file.write(before.version, {"workers": 2})
    assert (after.values, after.version == before.version) == ({"workers": 2}, False)
    with pytest.raises(RequestError) as refused:
        file.write(before.version, {"workers": 3})
    assert (refused.value.status, refused.value.code) == (409, "settings_changed")
    assert file.read() == after


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A folder in place of the file, a missing folder and invalid TOML are refused with the path and the reason."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "broken.toml").write_text("workers = = 2")
    missing = SettingsFile(tmp_path / "missing" / "auralis-fp.toml")
    for act in (
        SettingsFile(tmp_path / "folder.toml").read,
        SettingsFile(tmp_path / "broken.toml").read,
        lambda: missing.write(missing.read().version, {"workers": 1}),
    ):
        with pytest.raises(RequestError, match=str(tmp_path)) as refused:
            act()
        assert (refused.value.status, refused.value.code) == (409, "settings_file")


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    """The target of a link is replaced; a new file can be read by its owner only, because it may hold the token."""
    target, link = tmp_path / "real.toml", tmp_path / "auralis-fp.toml"
    target.write_text("workers = 1\n")
    target.chmod(0o640)
    link.symlink_to(target)
    file = SettingsFile(link)
    file.write(file.read().version, {"workers": 2})
    assert (link.is_symlink(), target.read_text(), target.stat().st_mode & 0o777) == (True, "workers = 2\n", 0o640)
    fresh = SettingsFile(tmp_path / "fresh.toml")
    fresh.write(fresh.read().version, {"workers": 2})
    assert fresh.path.stat().st_mode & 0o777 == 0o600
