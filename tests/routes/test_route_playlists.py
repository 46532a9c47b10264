"""Playlists over HTTP."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from auralis_fp.engine.similar_answers import PlaylistAnswer
from hosting import PREFIX, SHARED, Plugin, tone_file

pytestmark = [pytest.mark.every_way, SHARED]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin that knows eight tones as files and tracks 1 to 8."""
    for i in range(8):
        await shared.ask(tone_file(shared_library / f"{i}.wav", 1.0 + 0.1 * i, hz=220 * 1.3**i), i + 1)
    return shared


REQUESTS: list[tuple[str, dict[str, Any], int]] = [
    ("/playlist", {"like": {"files": [1]}, "tracks": 5, "curve": "rise"}, 5),
    ("/playlist", {"like": {"tracks": [1, 2]}, "minutes": 0.02, "number": 3}, 1),
    ("/path", {"start": {"files": [1]}, "end": {"tracks": [8]}, "tracks": 4}, 4),
    ("/flow", {"like": {"files": [3, 1, 2]}}, 3),
]


@pytest.mark.parametrize(("path", "body", "count"), REQUESTS)
async def test_tracks_in_order(known: Plugin, path: str, body: dict[str, Any], count: int) -> None:
    """In the published form, with lengths and steps."""
    answer = msgspec.convert(await known.post(path, body), PlaylistAnswer)
    assert len(answer.items) == count
    assert answer.note == ""
    assert answer.duration_sec == pytest.approx(sum(one.duration_sec for one in answer.items), abs=0.01)


@pytest.mark.parametrize(("path", "body", "count"), REQUESTS)
async def test_the_same_as_m3u8(
    known: Plugin, shared_library: Path, path: str, body: dict[str, Any], count: int
) -> None:
    """Its lines are the paths, relative to a folder if one is given."""
    items = (await known.post(path, body))["items"]
    for relative, place in ((None, ""), (str(shared_library), f"{shared_library}/")):
        async with known.client.post(f"{PREFIX}{path}.m3u8", json=body | {"relative_to": relative}) as response:
            assert response.status == 200
            assert response.content_type == "audio/x-mpegurl"
            lines = [line for line in (await response.text()).splitlines() if not line.startswith("#")]
        assert [place + line for line in lines] == [one["path"] for one in items]
        assert len(lines) == count


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/playlist", {"like": {"files": [99]}}, 404, "file_not_found"),
        ("/playlist", {"like": {"files": [1]}, "tracks": 0}, 400, "bad_field"),
        ("/playlist", {"like": {"files": [1]}, "relative_to": "music"}, 400, "bad_field"),
        ("/flow", {"like": {"files": [1]}, "relative_to": "music"}, 400, "bad_field"),
        ("/playlist", {"like": {"files": [1]}, "spread": 2}, 400, "bad_field"),
        ("/playlist", {"like": {"files": [1]}, "cap": {"genre": 1}}, 400, "bad_field"),
        ("/path", {"start": {"files": [1, 2]}, "end": {"files": [3]}}, 409, "one_track_needed"),
        ("/path", {"start": {"files": [1]}, "end": {"files": [3]}, "tracks": 1}, 400, "bad_field"),
        ("/path", {"start": {"files": [1]}}, 400, "bad_field"),
        ("/flow.m3u8", {"like": {"files": [1]}, "relative_to": "x"}, 400, "bad_field"),
    ],
)
async def test_bad_requests(known: Plugin, path: str, body: dict[str, Any], status: int, code: str) -> None:
    """Each has one status, one code and a sentence."""
    answer = await known.post(path, body, status=status)
    assert answer["code"] == code
    assert answer["error"].endswith(".")


async def test_a_short_list_says_so(known: Plugin) -> None:
    """In the answer, and in a header of the M3U8."""
    body = {"like": {"files": [1]}, "tracks": 50}
    assert (await known.post("/playlist", body))["note"] == "Only 7 tracks fit."
    async with known.client.post(f"{PREFIX}/playlist.m3u8", json=body) as response:
        assert response.headers["X-Note"] == "Only 7 tracks fit."


async def test_files_as_m3u8(known: Plugin, shared_library: Path) -> None:
    """In the given order, also twice, with titles and durations; files that are gone are left out and counted."""
    body = {"files": [3, 1, 3, 99], "relative_to": str(shared_library)}
    async with known.client.post(f"{PREFIX}/list.m3u8", json=body) as response:
        assert response.status == 200
        assert response.headers["X-Note"] == "1 of the files are gone."
        lines = (await response.text()).splitlines()
    assert lines[2:] == ["#EXTINF:1,2", "2.wav", "#EXTINF:1,0", "0.wav", "#EXTINF:1,2", "2.wav"]
    for files, status in (([99], 404), ([], 400), ([1] * 1001, 400), (["x"], 400)):
        await known.post("/list.m3u8", {"files": files}, status=status)
