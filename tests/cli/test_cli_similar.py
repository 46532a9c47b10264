"""``similar``: the tracks that sound like a file."""

import asyncio
import json
from pathlib import Path

import pytest

from commands import auralis
from vectors import filled, made_up, result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with thirty tracks."""
    asyncio.run(filled(tmp_path, [result(one) for one in made_up(30)]))
    return tmp_path


def test_lines_for_programs(data: Path) -> None:
    """Similarity, distance, full path and reason, separated by tabs; nearest first, without the seed."""
    done = auralis("similar", "--data-dir", data, "--limit", "5", "/music/003/song.flac")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == 5
    for similarity, distance, path, reason in lines:
        assert 0 <= float(similarity) <= 1
        assert float(distance) > 0
        assert path.startswith("/music/")
        assert path != "/music/003/song.flac"
        assert reason


def test_json_lines(data: Path) -> None:
    """The same tracks as JSON, in the form of the API."""
    lines = auralis("similar", "--data-dir", data, "--limit", "5", "/music/003/song.flac").stdout.splitlines()
    done = auralis("similar", "--data-dir", data, "--limit", "5", "--json", "/music/003/song.flac")
    tracks = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["path"] for one in tracks] == [line.split("\t")[2] for line in lines]
    assert [one["rank"] for one in tracks] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("/music/nowhere.flac",), "the database has no file /music/nowhere.flac; scan its folder first"),
        (("--limit", "0", "/music/003/song.flac"), "0 is not between 1 and 1000"),
    ],
)
def test_wrong_use(data: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """It is one sentence and exit code 2."""
    done = auralis("similar", "--data-dir", data, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_nothing_is_similar(tmp_path: Path) -> None:
    """A library of one track is reported, with exit code 1."""
    asyncio.run(filled(tmp_path, [result(made_up(1)[0])]))
    done = auralis("similar", "--data-dir", tmp_path, "/music/000/song.flac")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "The library has no other recording."
