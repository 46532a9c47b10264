"""Requests take over slots from long background analyses, which end nevertheless."""

import asyncio
import time
from pathlib import Path

import pytest

from auralis_fp.jobs import dispatcher
from hosting import Host, long_file, tone_file

LONG = 1800


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let half an hour of silence count as long, on fast machines too."""
    monkeypatch.setattr("auralis_fp.workers.pool.LONG_SEC", 0.1)
    monkeypatch.setattr("auralis_fp.workers.pool.RESERVED_SEC", 1.0)


async def test_a_request_does_not_wait_for_long_files(host: Host, library: Path) -> None:
    """With every slot on a long file, one makes way, is queued again without an attempt, and ends later."""
    for number in range(2):
        long_file(library / f"{number}.wav", LONG)
    plugin = await host(workers=2, time_limit_sec=600)

    def both(status: dict[str, object]) -> bool:
        workers = status["workers"]
        assert isinstance(workers, list)
        return all(worker["path"] and worker["decoded_sec"] > 1 for worker in workers)

    await plugin.until(both)
    pids = {worker["pid"] for worker in (await plugin.get("/status"))["workers"]}
    started = time.monotonic()
    await plugin.ask(tone_file(library.parent / "music" / "short.wav", 3))
    waited = time.monotonic() - started
    status = await plugin.get("/status")
    assert status["counts"]["done"] == 1
    assert {worker["pid"] for worker in status["workers"]} == pids, "a worker was lost"
    assert waited < 20
    await plugin.until(lambda status: status["counts"]["done"] == 3, limit_sec=100)
    assert (await plugin.get("/failures"))["items"] == []


async def test_interruptions_are_bounded(host: Host, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long file makes way only so often; then requests wait for its end."""
    monkeypatch.setattr(dispatcher, "MOST_INTERRUPTIONS", 1)
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    for number in range(2):
        await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1 and status["workers"][0]["path"])
        await asyncio.wait_for(plugin.ask(tone_file(library / f"{number}.wav", 1 + number)), 60)
        done = (await plugin.get("/status"))["counts"]["done"]
        assert done == 1 + 2 * number  # the second request was answered after the long file
    assert (await plugin.get("/failures"))["items"] == []


async def test_a_requested_file_does_not_make_way(host: Host, library: Path) -> None:
    """Two long files that clients wait for: a third request waits its turn."""
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1)
    first = asyncio.create_task(plugin.ask(library / "long.wav", 1))
    await asyncio.sleep(0.2)
    await plugin.ask(tone_file(library / "short.wav"), 2)
    assert first.done()
    await first


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "no_audio"), (b"%PDF-1.7 ...", "unsupported"), (b"<!DOCTYPE html>", "unsupported")],
    ids=["empty", "PDF", "page"],
)
async def test_trivial_files_need_no_worker(host: Host, library: Path, content: bytes, code: str) -> None:
    """They are refused while all slots are busy with files that make no way."""
    long_file(library / "long.wav", LONG)
    plugin = await host(workers=1, time_limit_sec=600)
    await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 1)
    busy = asyncio.create_task(plugin.ask(library / "long.wav", 1))
    await asyncio.sleep(0.2)
    (library / "no.mp3").write_bytes(content)
    answer = await plugin.ask(library / "no.mp3", 2, status=415)
    assert answer["code"] == code
    assert not busy.done()
    busy.cancel()
