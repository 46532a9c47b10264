"""Playlists as M3U8."""

import os
from pathlib import Path

import pytest

from auralis_fp.runtime.m3u8 import Entry, m3u8


def locations(text: str) -> list[str]:
    """Return the lines without comments."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_titles_and_lengths() -> None:
    """Each track has a line of its own for both, whatever the title contains."""
    text = m3u8([Entry(b"/m/a.flac", "One\nTwo  \udce9", 61.6)])
    assert text == "#EXTM3U\n#EXTENC:UTF-8\n#EXTINF:62,One Two ?\n/m/a.flac\n"


@pytest.mark.parametrize(
    ("path", "absolute", "relative"),
    [
        (b"/m/x/a.flac", "/m/x/a.flac", "x/a.flac"),
        (b"/n/b.flac", "/n/b.flac", "../n/b.flac"),
        ("/m/Ä ö.flac".encode(), "/m/Ä ö.flac", "Ä ö.flac"),
        (b"/m/#1.flac", "/m/#1.flac", "./#1.flac"),
        (b"/m/\xe9.flac", "file:///m/%E9.flac", "file:///m/%E9.flac"),
        (b"/m/a\nb.flac", "file:///m/a%0Ab.flac", "file:///m/a%0Ab.flac"),
        (b"/m/a.flac ", "file:///m/a.flac%20", "file:///m/a.flac%20"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX systems")
def test_paths(path: bytes, absolute: str, relative: str) -> None:
    """Absolute, relative to a folder, and as an URI where a reader would stumble."""
    assert locations(m3u8([Entry(path, "", 1.0)])) == [absolute]
    assert locations(m3u8([Entry(path, "", 1.0)], b"/m")) == [relative]


def test_a_playlist_leads_to_its_files(tmp_path: Path) -> None:
    """Relative to its own folder."""
    (tmp_path / "music").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "music" / "a b.flac").touch()
    entry = Entry(os.fsencode(tmp_path / "music" / "a b.flac"), "a", 1.0)
    (line,) = locations(m3u8([entry], os.fsencode(tmp_path / "lists")))
    assert (tmp_path / "lists" / line).exists()
