"""Tokens that make themselves, and users by name."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine.access import Access
from auralis_fp.errors import SettingsError
from auralis_fp.runtime.token_file import read_token
from auralis_fp.settings import Settings


def test_an_automatic_token_is_made_once(settings: Settings) -> None:
    """In a file that only its owner can read; later starts use the same."""
    automatic = replace(settings, token="auto", access="own-user")  # noqa: S106 - asks for one
    assert read_token(settings.data_dir) is None
    access = Access(automatic)
    assert not access.open_to_all
    assert not access.shows_token("auto")
    access.prepare()
    token = read_token(settings.data_dir)
    assert token is not None
    assert len(token) >= 32
    assert access.shows_token(token)
    assert not access.shows_token(token[:-1])
    assert stat.S_IMODE((settings.data_dir / "token").stat().st_mode) == 0o600
    again = Access(automatic)
    again.prepare()
    assert again.shows_token(token)


def test_a_damaged_token_file_is_reported(settings: Settings) -> None:
    """An empty file is not taken for a token."""
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "token").touch()
    with pytest.raises(SettingsError, match="remove the file"):
        Access(replace(settings, token="auto")).prepare()  # noqa: S106
    assert read_token(settings.data_dir) is None


def test_trusted_users_are_names_or_numbers(settings: Settings) -> None:
    """A name that is not a user is an error rather than ignored."""
    Access(replace(settings, trusted_users=("root", "33"))).prepare()
    with pytest.raises(SettingsError, match="no such user here"):
        Access(replace(settings, trusted_users=("no such user here",))).prepare()


def test_what_is_open_is_said(settings: Settings) -> None:
    """Access that is left to the host without a token, and nothing otherwise."""
    assert "host" in Access(settings).unprotected()[0]
    assert Access(replace(settings, access="own-user")).unprotected() == []
    assert Access(replace(settings, token="0123456789abcdef")).unprotected() == []  # noqa: S106


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_the_token_of_another_user_is_not_read(tmp_path: Path) -> None:
    """A file that may not be read is no token."""
    (tmp_path / "token").write_text("x" * 32)
    (tmp_path / "token").chmod(0)
    assert read_token(tmp_path) is None
