"""File listings over HTTP."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from auralis_fp import schema
from hosting import SHARED, Plugin, tone_file

pytestmark = [pytest.mark.every_way, SHARED]

FILE_KEYS = [
    "id", "path", "name", "title", "state", "size", "mtime_ns", "track_ids", "fingerprint", "metadata", "outdated",
    "analysed_at", "processing_time_ms", "source", "failure", "tags",
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin with two good files and two that are too short."""
    for name, seconds in (("a.wav", 1.0), ("b.wav", 2.0), ("c.wav", 0.001), ("d 100%.wav", 0.002)):
        tone_file(shared_library / name, seconds)
    await shared.post("/scan", status=202)
    await shared.until(lambda status: status["counts"]["done"] == status["counts"]["failed"] == 2)
    return shared


async def test_pages_cover_everything_once(filled: Plugin) -> None:
    """Following `next` returns every file once, ordered by path."""
    names: list[str] = []
    after = ""
    while True:
        page: Any = await filled.get("/files", params={"limit": "3", "after": after})
        names += [item["name"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert names == ["a.wav", "b.wav", "c.wav", "d 100%.wav"]


async def test_file_body(filled: Plugin, shared_library: Path) -> None:
    """A good file has a fingerprint, a failed one a failure; the file by id is the same as in the list."""
    await filled.ask(shared_library / "a.wav", 7)
    good, _, bad, _ = (await filled.get("/files"))["items"]
    for item in (good, bad):
        assert list(item) == FILE_KEYS
        assert await filled.get(f"/files/{item['id']}") == item
    assert tuple(good["fingerprint"]) == schema.NAMES
    assert (good["state"], good["failure"], good["outdated"], good["track_ids"]) == ("done", None, False, [7])
    assert (bad["state"], bad["fingerprint"], bad["failure"]["code"]) == ("failed", None, "too_short")
    assert good["size"] == (shared_library / "a.wav").stat().st_size


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"state": "failed"}, ["c.wav", "d 100%.wav"]),
        ({"q": "B.WAV"}, ["b.wav"]),
        ({"q": "0%"}, ["d 100%.wav"]),
        ({"q": "%"}, ["d 100%.wav"]),
        ({"q": "a.wav", "state": "failed"}, []),
    ],
)
async def test_filters(filled: Plugin, query: dict[str, str], names: list[str]) -> None:
    """State and text filter the list; wildcards in the text are literal."""
    assert [item["name"] for item in (await filled.get("/files", params=query))["items"]] == names


async def test_failures_are_counted_by_code(filled: Plugin) -> None:
    """The failure listing counts all failures by code, independent of the page size."""
    page = await filled.get("/failures?limit=1")
    assert page["by_code"] == {"too_short": 2}
    assert [item["name"] for item in page["items"]] == ["c.wav"]
    rest = await filled.get("/failures", params={"after": page["next"]})
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["d 100%.wav"], None)
    assert page["matching"] == rest["matching"] == 2
    some = await filled.get("/failures", params={"q": "100%"})
    assert (some["matching"], some["by_code"]) == (1, {"too_short": 2})


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "limit=-1", "state=odd", "after=%25", "after=a"])
async def test_invalid_queries(shared: Plugin, query: str) -> None:
    """Invalid query parameters are rejected."""
    for listing in ("/files", "/failures"):
        if not (query.startswith("state") and listing == "/failures"):
            assert (await shared.get(f"{listing}?{query}", status=400))["code"] == "bad_field"


async def test_unknown_file(shared: Plugin) -> None:
    """Unknown ids of any size are 404."""
    assert (await shared.get("/files/99", status=404))["code"] == "file_not_found"
    for number in ("9" * 30, "\u0661"):  # too large, and a digit of another script
        assert (await shared.get(f"/files/{number}", status=404))["code"] == "not_found"


async def test_dimensions(shared: Plugin) -> None:
    """Every dimension has its range, unit and meaning."""
    body = await shared.get("/dimensions")
    assert tuple(item["name"] for item in body["dimensions"]) == schema.NAMES
    assert (body["algorithm"], body["algorithm_version"]) == (schema.ALGORITHM, schema.ALGORITHM_VERSION)
    for item in body["dimensions"]:
        assert item["low"] <= item["typical"][0] < item["typical"][1] <= item["high"]
        assert item["hears"]
