"""Similar tracks over HTTP."""

import base64
from array import array
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from auralis_fp import schema, service
from auralis_fp.engine.seeds import Seeds
from auralis_fp.engine.similar_answers import SimilarTracks
from auralis_fp.engine.similarity import SimilarRequest
from auralis_fp.routes.schemas.similar import SimilarMap
from hosting import PREFIX, SHARED, Host, Plugin, tone_file

pytestmark = [pytest.mark.every_way, SHARED]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin that knows eight tones as files and tracks 1 to 8, half of them in a folder, and a bad file."""
    (shared_library / "high").mkdir(exist_ok=True)
    for i in range(8):
        folder = shared_library / "high" if i >= 4 else shared_library
        await shared.ask(tone_file(folder / f"{i}.wav", 1.0 + 0.1 * i, hz=220 * 1.3**i), i + 1)
    await shared.ask(tone_file(shared_library / "bad.wav", 0.001), 9, status=422)
    return shared


async def test_a_file_has_neighbours(known: Plugin) -> None:
    """All other files, complete and ranked, in the published form."""
    body = await known.get("/files/1/similar")
    answer = msgspec.convert(body, SimilarTracks)
    assert sorted(one.file_id for one in answer.items) == list(range(2, 9))
    assert [one.rank for one in answer.items] == list(range(1, 8))
    assert (answer.total, answer.next, answer.note) == (7, None, "")
    for one in answer.items:
        assert one.track_ids == [one.file_id]
        assert one.path.endswith(one.name)
        assert 0 <= one.similarity <= 1
    assert await known.get("/tracks/1/similar") == body
    assert await known.post("/similar", {"like": {"files": [1]}}) == body
    path = (await known.get("/files/1"))["path"]
    assert await known.post("/similar", {"like": {"paths": [path]}}) == body
    assert await known.post("/similar", {"like": {"tracks": [1], "files": [1, 1], "paths": [path]}}) == body


async def test_the_map_has_every_track(known: Plugin) -> None:
    """Each with two coordinates."""
    answer = msgspec.convert(await known.get("/similar/map"), SimilarMap)
    ids = array("Q", base64.b64decode(answer.ids))
    assert sorted(ids) == list(range(1, 9))
    assert answer.count == 8
    assert len(base64.b64decode(answer.x)) == len(base64.b64decode(answer.y)) == 16


async def test_pages_follow_each_other(known: Plugin) -> None:
    """The cursor of a page leads to the next one, ranks go on, and the last has none."""
    whole = (await known.get("/files/3/similar"))["items"]
    items, after = list[Any](), ""
    while True:
        page = await known.get(f"/files/3/similar?limit=3&after={after}")
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    assert items == whole


async def test_filters_and_wishes(known: Plugin, shared_library: Path) -> None:
    """Folder, range, exclusion and wished values, in the units of the schema."""
    page = await known.get("/files/1/similar", params={"folder": str(shared_library / "high")})
    assert sorted(one["file_id"] for one in page["items"]) == [5, 6, 7, 8]
    filters = {"ranges": {"spectral_centroid": [300, None]}, "exclude": [8]}
    page = await known.post("/similar", {"like": {"files": [1]}, "filters": filters})
    assert sorted(one["file_id"] for one in page["items"]) == [3, 4, 5, 6, 7]
    page = await known.post("/similar", {"values": {"spectral_centroid": 630}, "limit": 1})
    assert [one["file_id"] for one in page["items"]] == [5]
    page = await known.post("/similar", {"like": {"files": [1]}, "filters": {"exclude_folders": True}})
    assert sorted(one["file_id"] for one in page["items"]) == [5, 6, 7, 8]
    page = await known.post("/similar", {"like": {"files": [1]}, "filters": {"ranges": {"lufs": [0, -9]}}})
    assert (page["items"], page["total"]) == ([], 0)
    assert page["note"] == "No track fits: the range of lufs ends below its beginning."


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"like": {"files": [99]}}, 404, "file_not_found"),
        ({"like": {"tracks": [99]}}, 404, "track_not_found"),
        ({"like": {"paths": ["/etc/passwd"]}}, 403, "outside_roots"),
        ({"like": {"files": [9]}}, 409, "failed"),
        ({"like": {"files": list(range(101))}}, 400, "bad_field"),
        ({"like": {"files": [1]}, "limit": 1_000_000}, 400, "bad_field"),
        ({"like": {"files": [1]}, "limit": -1}, 400, "bad_field"),
        ({"like": {"files": [1]}, "after": "x"}, 400, "bad_field"),
        ({"like": {"files": [1]}, "after": "77-20-20"}, 409, "outdated_cursor"),
        ({"like": {"files": [1]}, "values": {"tempo_bpm": 1000}}, 400, "bad_field"),
        ({"like": {"files": [1]}, "values": {"loudness": 1}}, 400, "bad_field"),
        ({"like": {"files": [1]}, "weights": {"stereo": -1}}, 400, "bad_field"),
        ({"like": {"files": [1]}, "filters": {"ranges": {"lufs": [1]}}}, 400, "bad_field"),
        ({"like": {"files": [1]}, "filters": {"folders": ["relative"]}}, 400, "bad_field"),
    ],
)
async def test_bad_requests(known: Plugin, body: dict[str, Any], status: int, code: str) -> None:
    """Each has one status, one code and a sentence."""
    answer = await known.post("/similar", body, status=status)
    assert answer["code"] == code
    assert answer["error"].endswith(".")


async def test_nothing_to_compare_by(known: Plugin) -> None:
    """Without a seed, and without any weight, the answer is empty and says why."""
    assert "give a track or a wished value" in (await known.post("/similar", {}))["note"]
    body = {"like": {"files": [1]}, "weights": dict.fromkeys(schema.Family, 0)}
    assert (await known.post("/similar", body))["note"] == "Every family of dimensions has the weight 0."


async def test_a_limit_of_none(known: Plugin) -> None:
    """It gives the total alone."""
    assert (await known.get("/files/1/similar?limit=0")) == {"items": [], "total": 7, "next": None, "note": ""}


async def test_python_gets_the_same(known: Plugin) -> None:
    """The service answers host code as HTTP does."""
    found = await service(known.app).similar(SimilarRequest(like=Seeds(tracks=[2]), limit=3))
    assert msgspec.to_builtins(found) == await known.get("/tracks/2/similar?limit=3")


@pytest.mark.asyncio(loop_scope="function")
async def test_an_unfinished_track_is_not_a_seed(host: Host, library: Path) -> None:
    """One that waits is refused with a sentence that says so."""
    tone_file(library / "a.wav")
    plugin = await host()
    await plugin.post("/pause", status=202)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["pending"] == 1)
    answer = await plugin.get("/files/1/similar", status=409)
    assert (answer["code"], answer["error"]) == ("not_analysed", "a.wav has not been analysed yet; it is pending.")
    async with plugin.client.get(f"{PREFIX}/files/1/similar") as response:
        assert response.status == 409
