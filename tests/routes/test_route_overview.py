"""Points, throughput, cost, exports and worker load over HTTP."""

import base64
import csv
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from auralis_fp import schema
from hosting import PREFIX, SHARED, Plugin, tone_file

pytestmark = [pytest.mark.every_way, SHARED]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin with three good files and two failed ones, one of them named like a formula."""
    assert (await shared.get("/cost"))["everything"] == {"tracks": 0, "audio_sec": None, "seconds": None}  # unmeasured
    for number in range(3):
        tone_file(shared_library / f"{number}.wav", 1.0 + number)
    tone_file(shared_library / "short.wav", 0.001)
    tone_file(shared_library / "=1+1\n\x1b[31m.wav", 0.001)
    await shared.post("/scan", status=202)
    await shared.until(lambda status: status["counts"]["done"] == 3 and status["counts"]["failed"] == 2)
    return shared


async def points(plugin: Plugin, **query: str) -> tuple[str, Any, list[Any]]:
    """Return the entity tag, the head and the parts of the points."""
    async with plugin.client.get(f"{PREFIX}/points", params=query) as response:
        assert response.content_type == "application/x-ndjson"
        head, *parts = [json.loads(line) for line in (await response.read()).splitlines()]
        return response.headers["ETag"], head, parts


async def test_points_decode(filled: Plugin) -> None:
    """Coordinates decode to the values of the files, 65535 to none; an unchanged body is 304."""
    tag, head, (part,) = await points(filled)
    count = head["count"]
    ids = struct.unpack(f"<{count}Q", base64.b64decode(part["ids"]))
    assert count == len(ids) == 3
    for name in schema.NAMES:
        low, high = head["ranges"][name]["low"], head["ranges"][name]["high"]
        for file_id, step in zip(
            ids, struct.unpack(f"<{count}H", base64.b64decode(part["columns"][name])), strict=True
        ):
            file = await filled.get(f"/files/{file_id}")
            assert (step == 65535) == (name in file["metadata"]["undefined"])
            if step < 65535:
                expected = pytest.approx(file["fingerprint"][name], abs=(high - low) / 65534 + 1e-12)
                assert low + (high - low) * step / 65534 == expected
    async with filled.client.get(f"{PREFIX}/points", headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_points_in_part(filled: Plugin) -> None:
    """A request chooses columns, and what has changed after a version."""
    _, head, (part,) = await points(filled, columns="lufs,genre")
    assert ([*head["ranges"]], [*part["columns"]], head["removed"]) == (["lufs"], ["lufs"], None)
    assert part["tags"]["genre"]["values"] == []
    _, changed, parts = await points(filled, since=head["version"])
    assert (changed["count"], changed["removed"], changed["version"], parts) == (0, [], head["version"], [])
    for query in ("columns=lufs,odd", "since=x", "since=", "version=1"):
        expected = 200 if query == "since=" else 400
        async with filled.client.get(f"{PREFIX}/points?{query}") as response:
            assert response.status == expected


async def test_throughput_of_the_last_hour_day_and_month(filled: Plugin) -> None:
    """Recent analyses and failures appear in all spans; a month is summed up by hours."""
    for span in ("hour", "day", "month"):
        body = await filled.get("/throughput", params={"span": span})
        assert sum(minute["tracks"] for minute in body["minutes"]) == 3
        assert sum(minute["audio_sec"] for minute in body["minutes"]) == pytest.approx(6.0)
        assert sum(minute["failed"] for minute in body["minutes"]) == 2
        assert body["until"] - body["since"] == {"hour": 3600, "day": 86400, "month": 2_592_000}[span]
        assert span != "month" or all(minute["at"] % 3600 == 0 for minute in body["minutes"])
    assert (await filled.get("/throughput?span=year", status=400))["detail"] == {"field": "span"}


async def test_cost_estimate(filled: Plugin, shared_library: Path) -> None:
    """The cost of no work is zero; a folder restricts the estimate."""
    cost = await filled.get("/cost")
    assert (cost["measured_tracks"], cost["workers"]) == (3, 1)
    assert cost["pending"] == {"tracks": 0, "audio_sec": 0.0, "seconds": 0.0}
    assert cost["retry"]["tracks"] == 2
    assert cost["everything"]["tracks"] == 5
    assert cost["everything"]["audio_sec"] == pytest.approx(10.0)
    assert cost["everything"]["seconds"] > 0
    assert (await filled.get("/cost", params={"folder": f"{shared_library}/none"}))["everything"]["tracks"] == 0
    assert (await filled.get("/cost?folder=music", status=400))["detail"] == {"field": "folder"}


async def test_csv_export(filled: Plugin) -> None:
    """CSV has one row per file, without formulas and control characters."""
    async with filled.client.get(f"{PREFIX}/failures.csv") as response:
        assert response.content_type == "text/csv"
        assert "failures.csv" in response.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(await response.text())))
    assert [row["code"] for row in rows] == ["too_short", "too_short"]
    assert sorted(Path(row["path"]).name for row in rows) == ["=1+1\\n\\x1b[31m.wav", "short.wav"]
    assert all(row["path"].startswith("/") for row in rows)


async def test_json_export(filled: Plugin, shared_library: Path) -> None:
    """JSON has the original names; filters apply and may match nothing."""
    listed = await filled.get("/failures.json")
    assert {item["path"] for item in listed} == {f"{shared_library}/short.wav", f"{shared_library}/=1+1\n\x1b[31m.wav"}
    assert [item["path"] for item in await filled.get("/failures.json?q=short")] == [f"{shared_library}/short.wav"]
    assert await filled.get("/failures.json?code=timeout") == []
    assert (await filled.get("/failures.csv?folder=x", status=400))["code"] == "bad_field"


async def test_worker_load(filled: Plugin) -> None:
    """A running worker reports memory, and CPU usage after a second sample."""
    status = await filled.until(lambda status: status["workers"][0]["cpu_percent"] is not None)
    (worker,) = status["workers"]
    assert worker["memory_bytes"] > 10 << 20
    assert 0 <= worker["cpu_percent"] < 400


async def test_sort_by_a_dimension(filled: Plugin, shared_library: Path) -> None:
    """Sorting, folder filter, and rejection of inconsistent cursors."""
    items = (await filled.get("/files?sort=duration_sec&order=desc&limit=2"))["items"]
    assert [item["name"] for item in items] == ["2.wav", "1.wav"]
    page = await filled.get("/files?sort=tempo_bpm&limit=1")
    assert (await filled.get("/files", params={"sort": "lufs", "after": page["next"]}, status=400))[
        "code"
    ] == "bad_field"
    assert len((await filled.get("/files", params={"folder": str(shared_library), "state": "done"}))["items"]) == 3
    for query, field in (
        ("sort=odd", "sort"),
        ("order=up", "order"),
        ("foo=1", "foo"),
        ("q=a&q=b", "q"),
        ("foo=", "foo"),
    ):
        assert (await filled.get(f"/files?{query}", status=400))["detail"] == {"field": field}


async def test_aborted_export(filled: Plugin) -> None:
    """An aborted download does not affect the service."""
    response = await filled.client.get(f"{PREFIX}/failures.json")
    response.close()
    assert len(await filled.get("/failures.json")) == 2


async def test_retry_by_code_cancel_and_prioritise(filled: Plugin) -> None:
    """Retry by code, prioritise and cancel; runs last in this module."""
    assert await filled.post("/retry", {"code": "timeout"}, status=202) == {"queued": 0}
    assert await filled.post("/retry", {"code": "too_short"}, status=202) == {"queued": 2}
    await filled.until(lambda status: status["counts"]["failed"] == 2)
    assert await filled.post("/retry", {"code": "timeout", "ids": [1, 2, 3, 4, 5]}, status=202) == {"queued": 0}
    await filled.until(lambda status: status["counts"]["failed"] == 2)
    await filled.post("/pause", status=202)
    ids = [item["id"] for item in (await filled.get("/files", params={"state": "failed"}))["items"]]
    assert await filled.post("/prioritise", {"ids": [*ids, 10**9]}, status=202) == {"waiting": 2}
    assert await filled.post("/cancel", {"ids": ids[:1]}, status=202) == {"cancelled": 1}
    assert await filled.post("/cancel", status=202) == {"cancelled": 1}
    assert (await filled.get("/failures"))["by_code"] == {"cancelled": 2}
    assert (await filled.post("/prioritise", {"ids": []}, status=400))["detail"] == {"field": "ids"}
