"""``playlist``: radios, paths and orders as M3U8."""

import asyncio
import json
from pathlib import Path

import pytest

from commands import auralis
from vectors import filled, made_up, result

SONGS = [f"/music/{i:03d}/song.flac" for i in range(30)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with thirty tracks."""
    asyncio.run(filled(tmp_path, [result(one) for one in made_up(30)]))
    return tmp_path


def paths(text: str) -> list[str]:
    """Return the entries of a playlist."""
    assert text.startswith("#EXTM3U\n")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_radio(data: Path) -> None:
    """Of distinct tracks, the same every time, and as JSON with more about them."""
    arguments = ("playlist", "--data-dir", data, "--tracks", "8", "--curve", "arc", SONGS[3])
    done = auralis(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(paths(done.stdout)) - {SONGS[3]}) == 8
    assert auralis(*arguments).stdout == done.stdout
    listed = json.loads(auralis(*arguments, "--json").stdout)
    assert [one["path"] for one in listed["items"]] == paths(done.stdout)


def test_a_path(data: Path) -> None:
    """From the one file to the other."""
    done = auralis("playlist", "--data-dir", data, "--to", SONGS[7], "--tracks", "6", SONGS[3])
    found = paths(done.stdout)
    assert (found[0], found[-1], len(found)) == (SONGS[3], SONGS[7], 6)


def test_an_order(data: Path) -> None:
    """Of the given files, relative to a folder."""
    done = auralis("playlist", "--data-dir", data, "--sort", "--relative-to", "/music", *SONGS[:5])
    assert sorted(f"/music/{one}" for one in paths(done.stdout)) == SONGS[:5]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--tracks", "3", "--minutes", "4", SONGS[0]), "not allowed with"),
        (("--minutes", "0", SONGS[0]), "must be above 0"),
        (("/music/nowhere.flac",), "the database has no file /music/nowhere.flac"),
        (("--to", SONGS[1], SONGS[0], SONGS[2]), "A path leads from one track to one track."),
    ],
)
def test_wrong_use(data: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """It is one sentence and exit code 2."""
    done = auralis("playlist", "--data-dir", data, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
