"""Control over HTTP: scan, pause, resume, retry, skip."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from hosting import Host, Plugin, tone_file

pytestmark = pytest.mark.every_way


async def test_pause_and_resume(plugin: Plugin, library: Path) -> None:
    """A pause stops background work but not requests; resume continues it."""
    await plugin.until_idle()
    assert (await plugin.post("/pause", status=202)) == {"state": "paused"}
    assert (await plugin.post("/pause", status=409))["code"] == "paused"
    for number in range(3):
        tone_file(library / f"{number}.wav", 1 + number)
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["counts"]["pending"] == 3)
    assert (status["state"], status["reason"]) == ("paused", "Paused by you.")
    await plugin.ask(library / "1.wav")
    assert (await plugin.get("/status"))["counts"]["pending"] == 2
    await plugin.post("/resume", status=202)
    assert (await plugin.post("/resume", status=409))["code"] == "not_paused"
    assert (await plugin.until_idle())["counts"]["done"] == 3


async def test_a_pause_shows_in_every_state(host: Host, library: Path, tmp_path: Path) -> None:
    """The status tells that the service is paused while its folder is offline."""
    plugin = await host(watching="polling")
    await plugin.until_idle()
    assert not (await plugin.get("/status"))["paused"]
    await plugin.post("/pause", status=202)
    library.rename(tmp_path / "elsewhere")
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["state"] == "offline")
    assert status["paused"]


async def test_pause_persists(host: Host, library: Path) -> None:
    """A pause persists across restarts."""
    first = await host()
    await first.post("/pause", status=202)
    await first.client.close()
    second = await host()
    status = await second.until(lambda status: status["state"] != "starting")
    assert status["state"] == "paused"


async def test_playback_pauses_background_work(plugin: Plugin, library: Path) -> None:
    """Playback in the host stops background work."""
    await plugin.until_idle()
    assert (await plugin.post("/playing", {"playing": True}, status=202))["state"] == "waiting_for_playback"
    tone_file(library / "a.wav")
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["counts"]["pending"] == 1)
    assert status["state"] == "waiting_for_playback"
    await plugin.post("/playing", {"playing": False}, status=202)
    assert (await plugin.until_idle())["counts"]["done"] == 1
    assert (await plugin.post("/playing", {"playing": "yes"}, status=400))["code"] == "bad_field"


async def test_quiet_hours_pause_background_work(host: Host, library: Path) -> None:
    """Quiet hours stop background work, and the status shows their end."""
    tone_file(library / "a.wav")
    plugin = await host(quiet_hours="00:00-23:59")
    status = await plugin.until(lambda status: status["counts"]["total"] == 1 and status["state"] != "starting")
    assert status["state"] == "quiet_hours"
    assert status["reason"] == "Quiet hours until 23:59."
    assert datetime.fromtimestamp(status["until"]).strftime("%H:%M:%S") == "23:59:00"  # noqa: DTZ006 - local time, as in the setting


async def test_retry_some_and_all(plugin: Plugin, library: Path) -> None:
    """Retry queues the selected failed files, or all; other files are not affected."""
    for name in ("a.wav", "b.wav"):
        tone_file(library / name, 0.001)
    tone_file(library / "good.wav")
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["failed"] == 2 and status["counts"]["done"] == 1)
    ids = {item["name"]: item["id"] for item in (await plugin.get("/files"))["items"]}
    assert await plugin.post("/retry", {"ids": [ids["a.wav"], ids["good.wav"], 99]}, status=202) == {"queued": 1}
    await plugin.until(lambda status: status["counts"]["failed"] == 2)
    assert await plugin.post("/retry", status=202) == {"queued": 2}
    await plugin.until(lambda status: status["counts"]["failed"] == 2)
    assert await plugin.metric('auralis_fp_analyses_total{outcome="rejected"}') == 5
    assert (await plugin.post("/retry", {"ids": "all"}, status=400))["detail"] == {"field": "ids"}


async def test_skip_and_retry_by_filter(plugin: Plugin, library: Path) -> None:
    """Skip and retry accept the filters of the listing: text, code and folder."""
    (library / "sub").mkdir()
    for name in ("a1.wav", "a2.wav", "a3.wav", "b.wav", "sub/a4.wav"):
        tone_file(library / name, 0.001)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["failed"] == 5)
    ids = {item["name"]: item["id"] for item in (await plugin.get("/failures"))["items"]}
    chosen = {"q": "/a", "code": "too_short", "without": [ids["a2.wav"]]}
    assert await plugin.post("/skip", chosen | {"folder": str(library / "sub")}, status=202) == {"skipped": 1}
    assert await plugin.post("/skip", chosen, status=202) == {"skipped": 2}
    skipped = (await plugin.get("/failures?code=skipped"))["items"]
    assert [item["name"] for item in skipped] == ["a1.wav", "a3.wav", "a4.wav"]
    assert await plugin.post("/skip", {"without": [ids["b.wav"]]}, status=202) == {"skipped": 1}
    await plugin.post("/pause", status=202)
    assert await plugin.post("/retry", {"q": "a3", "ids": [*ids.values()]}, status=202) == {"queued": 1}
    assert [item["name"] for item in (await plugin.get("/queue"))["items"]] == ["a3.wav"]
    for body, field in (({"folder": "sub"}, "folder"), ({"q": ""}, "q"), ({"without": [True]}, "without[0]")):
        assert (await plugin.post("/retry", body, status=400))["detail"] == {"field": field}


async def test_skip_and_queue_order(plugin: Plugin, library: Path) -> None:
    """A skipped file stays failed with its own code; the queue is listed in processing order."""
    tone_file(library / "a.wav", 0.001)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["failed"] == 1)
    assert (await plugin.get("/failures"))["by_code"] == {"too_short": 1}
    assert await plugin.post("/skip", {"code": "too_short"}, status=202) == {"skipped": 1}
    assert await plugin.post("/skip", status=202) == {"skipped": 0}
    failures = await plugin.get("/failures")
    assert failures["by_code"] == {"skipped": 1}
    assert failures["items"][0]["failure"]["retry_at"] is None
    await plugin.post("/pause", status=202)
    assert (await plugin.get("/queue"))["items"] == []
    await plugin.post("/retry", status=202)
    assert [item["name"] for item in (await plugin.get("/queue?limit=5"))["items"]] == ["a.wav"]
    assert (await plugin.get("/queue?limit=0", status=400))["detail"] == {"field": "limit"}


async def test_scan_of_one_folder(plugin: Plugin, library: Path) -> None:
    """A scan accepts a folder of the library and rejects one outside."""
    tone_file(library / "a.wav")
    await plugin.post("/scan", {"folder": str(library)}, status=202)
    await plugin.until(lambda status: status["counts"]["done"] == 1)
    assert (await plugin.post("/scan", {"folder": str(library.parent)}, status=403))["code"] == "outside_roots"
    assert (await plugin.post("/scan", {"folder": "music"}, status=400))["detail"] == {"field": "folder"}


async def test_scan_without_a_library(host: Host) -> None:
    """A scan without libraries is 409."""
    plugin = await host(libraries=())
    assert (await plugin.post("/scan", status=409))["code"] == "no_libraries"
    status = await plugin.get("/status")
    assert (status["state"], status["percent"]) == ("idle", 0)


async def test_offline_folder(host: Host, library: Path) -> None:
    """An unreadable folder is offline, and its tracks are kept."""
    tone_file(library / "a.wav")
    plugin = await host()
    await plugin.until(lambda status: status["counts"]["done"] == 1 and status["state"] == "idle")
    await asyncio.to_thread(library.rename, library.with_name("away"))
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["state"] == "offline")
    assert status["counts"]["done"] == 1
    health = await plugin.get("/health")
    assert health["status"] == "degraded"
    assert str(library) in health["reasons"][0]
