"""Duplicates over HTTP."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import pytest_asyncio
import soundfile

from auralis_fp.engine.duplicates import DuplicatesAnswer
from hosting import SHARED, Plugin
from recordings import RATE, recording

pytestmark = [pytest.mark.every_way, SHARED]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin that knows a recording as FLAC and, quieter, as Ogg Vorbis, its end alone, and another one."""
    samples = recording(1, 40)
    files = {
        "a.flac": samples,
        "b.ogg": 0.5 * samples,
        "end.flac": samples[12 * RATE :],
        "other.flac": recording(2, 40),
    }
    for i, (name, sound) in enumerate(files.items(), 1):
        soundfile.write(shared_library / name, np.clip(sound, -1, 1), RATE)
        await shared.ask(shared_library / name, i)
    return shared


async def test_groups_with_what_differs(known: Plugin) -> None:
    """Kinds, files and a proposal, in the published form."""
    answer = msgspec.convert(await known.get("/duplicates"), DuplicatesAnswer)
    assert (answer.total, answer.compared, answer.library, answer.next) == (1, 4, 4, None)
    (group,) = answer.items
    assert group.kind == "other_length"
    assert [one.file_id for one in group.files] == [1, 2, 3]
    assert {(pair.first, pair.second): pair.kind for pair in group.pairs} == {
        (1, 2): "same_recording",
        (1, 3): "other_length",
        (2, 3): "other_length",
    }
    assert [one.why for one in group.files if one.best] == ["longest"]
    assert group.files[0].best
    assert group.files[1].lufs == pytest.approx(group.files[0].lufs - 6, abs=0.2)


async def test_pages(known: Plugin) -> None:
    """Beyond the last group there is nothing."""
    page = await known.get("/duplicates?limit=1&offset=1")
    assert (page["items"], page["total"], page["next"]) == ([], 1, None)


async def test_decisions(known: Plugin) -> None:
    """They change the groups, and can be changed again."""
    assert await known.post("/duplicates", {"files": [3, 1, 2, 3], "same": False}) == {"pairs": 3}
    assert (await known.get("/duplicates"))["total"] == 0
    assert await known.post("/duplicates", {"files": [1, 2], "same": True}) == {"pairs": 1}
    (group,) = (await known.get("/duplicates"))["items"]
    assert (group["kind"], [one["file_id"] for one in group["files"]]) == ("same_recording", [1, 2])
    assert group["pairs"][0]["confirmed"]
    assert [one["why"] for one in group["files"] if one["best"]] == ["lossless"]
    await known.post("/duplicates", {"files": [1, 2, 3], "same": True})


async def test_copies_are_no_neighbours(known: Plugin) -> None:
    """Neither the other format nor the end alone sounds like the file: they are it."""
    page = await known.get("/files/1/similar")
    assert [one["file_id"] for one in page["items"]] == [4]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"files": [1], "same": True}, 400, "bad_field"),
        ({"files": [1, 99], "same": True}, 404, "file_not_found"),
        ({"files": [1, 2]}, 400, "bad_field"),
    ],
)
async def test_bad_requests(known: Plugin, body: dict[str, object], status: int, code: str) -> None:
    """Each has one status and one code."""
    assert (await known.post("/duplicates", body, status=status))["code"] == code
