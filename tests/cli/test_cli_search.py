"""``search``."""

import asyncio
import json
from pathlib import Path

import pytest

from auralis_fp.store.tags import TagStore
from auralis_fp.tags.model import TagReading, Tags
from commands import auralis
from stored import library_in, stored

TRACKS = {
    b"/music/1.mp3": Tags(title="Straße", artist="Björk", album="Début", year=1993),
    b"/music/2.mp3": Tags(title="Human", artist="Björk", album="Début", year=1994),
    b"/music/3.mp3": Tags(),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with three tracks whose tags have been read."""

    async def fill() -> None:
        async with library_in(tmp_path) as library:
            store = TagStore(library.database)
            await store.prepare()
            for path in TRACKS:
                await stored(library, path)
            due = await store.due(len(TRACKS))
            await store.record([(file, TagReading(TRACKS[file.path])) for file in due])

    asyncio.run(fill())
    return tmp_path


def test_matches_as_lines(data: Path) -> None:
    """In a pipe each match is a line of tab-separated fields."""
    done = auralis("search", "bjork", "--data-dir", data)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["Straße", "Björk", "Début", "1993", "/music/1.mp3"],
        ["Human", "Björk", "Début", "1994", "/music/2.mp3"],
    ]


def test_matches_as_json(data: Path) -> None:
    """``--json`` prints JSON lines; several arguments are one search."""
    done = auralis("search", "artist:bjork", "year:1994..", "--json", "--data-dir", data)
    assert json.loads(done.stdout) == {
        "path": "/music/2.mp3", "title": "Human", "artist": "Björk", "album": "Début", "year": 1994,
    }  # fmt: skip


def test_more_matches_than_shown(data: Path) -> None:
    """The total is shown if the list is truncated."""
    done = auralis("search", "music", "--limit", "1", "--data-dir", data)
    assert done.returncode == 0
    assert "The first 1 of 3 matches" in done.stderr


@pytest.mark.parametrize(("words", "code", "said"), [("nothing", 1, "No matches."), ("year:x", 2, "not a number")])
def test_nothing_found_and_bad_searches(data: Path, words: str, code: int, said: str) -> None:
    """No match is exit code 1, and what is no search 2; both say so."""
    done = auralis("search", words, "--data-dir", data)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
