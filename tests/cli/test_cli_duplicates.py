"""``duplicates``: files with the same recording."""

import asyncio
import json
from pathlib import Path

import pytest

from commands import auralis
from vectors import filled, made_up, result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with ten tracks; two hold the same audio data, two have the same numbers."""
    tracks = made_up(8)
    outcomes = [result(one, content=b"%d" % i) for i, one in enumerate(tracks)]
    twins = [result(tracks[0], content=b"0"), result(tracks[1], content=b"other")]
    asyncio.run(filled(tmp_path, [*outcomes, *twins]))
    return tmp_path


def test_a_group_a_paragraph(data: Path) -> None:
    """Full paths below the kind of the group; files that cannot be compared are counted."""
    done = auralis("duplicates", "--data-dir", data)
    assert done.returncode == 0
    same, candidate = (part.splitlines() for part in done.stdout.split("\n\n"))
    assert same[0] == "same recording"
    assert [line.split("\t")[0].strip() for line in same[1:]] == ["/music/000/song.flac", "/music/008/song.flac"]
    assert "(best: the first of equal copies)" in same[1]
    assert candidate[0].startswith("candidate")
    assert [line.split("\t")[0].strip() for line in candidate[1:]] == ["/music/001/song.flac", "/music/009/song.flac"]
    assert done.stderr.strip() == (
        "2 groups in 10 files. 10 files have no bits to compare until they are analysed again."
    )


def test_json_lines(data: Path) -> None:
    """A group a line, in the form of the API."""
    done = auralis("duplicates", "--data-dir", data, "--json")
    groups = [json.loads(line) for line in done.stdout.splitlines()]
    assert [group["kind"] for group in groups] == ["same_recording", "candidate"]


def test_none(tmp_path: Path) -> None:
    """A library without duplicates has no paragraph."""
    asyncio.run(filled(tmp_path, [result(one) for one in made_up(3)]))
    done = auralis("duplicates", "--data-dir", tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("0 groups in 3 files.")
