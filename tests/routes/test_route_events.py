"""Server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse, ClientSession, TCPConnector

from auralis_fp import schema, service
from auralis_fp.routes.operations import OPERATIONS
from hosting import PREFIX, Host, Plugin, eventually, long_file, tone_file
from patience import LIMIT_SEC

pytestmark = pytest.mark.every_way

Events = AsyncIterator[tuple[int | None, str, dict[str, Any]]]


@asynccontextmanager
async def listening(plugin: Plugin, last_id: int | None = None) -> AsyncIterator[tuple[ClientResponse, Events]]:
    """Open the stream, resuming after *last_id* if given."""
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    async with plugin.client.get(f"{PREFIX}/events", headers=headers) as response:
        assert response.status == 200
        yield response, _events(response)


async def _events(response: ClientResponse) -> Events:
    fields: dict[str, str] = {}
    async for line in response.content:
        name, _, value = line.decode("ascii").rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]) if "id" in fields else None, fields["event"], json.loads(fields["data"])
            fields = {}


async def test_stream_sends_status_results_and_failures(plugin: Plugin, library: Path) -> None:
    """The stream starts with the status, then sends results and failures as documented; ids increase."""
    await plugin.until_idle()  # the first scan has ended
    tone_file(library / "a.wav")
    tone_file(library / "b.wav", 0.001)
    ids: list[int] = []
    async with listening(plugin) as (response, events):
        assert response.content_type == "text/event-stream"
        first_id, name, status = await anext(events)
        assert (name, first_id is not None) == ("status", True)
        assert status["counts"]["total"] == 0
        seen = {"status": status}
        await plugin.post("/scan", status=202)
        async for event_id, name, data in events:
            ids.append(event_id or 0)
            seen[name] = data
            if "result" in seen and "failure" in seen and seen["status"]["counts"]["done"] == 1:
                break
    assert ids == sorted(set(ids))
    (types,) = (operation.events for operation in OPERATIONS if operation.events)
    assert {name: msgspec.convert(data, types[name]).__class__ for name, data in seen.items()} == types
    assert schema.fault_of(seen["result"]["fingerprint"]) is None
    assert seen["failure"]["path"] == str(library / "b.wav")


@pytest.mark.slow
async def test_progress_of_a_long_file(plugin: Plugin, library: Path) -> None:
    """Status events show the progress of a worker even if nothing else changes."""
    long_file(library / "long.wav", 24 * 3600)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["workers"][0]["decoded_sec"] > 0)
    await asyncio.sleep(1.5)  # the initial events have been sent
    heard: list[float] = []
    async with asyncio.timeout(LIMIT_SEC), listening(plugin) as (_, events):
        async for _, name, status in events:
            if name == "status":
                heard.append(status["workers"][0]["decoded_sec"])
            if len(heard) == 4:
                break
    assert heard == sorted(set(heard))
    await plugin.post("/cancel", status=202)


async def test_stream_resumes_after_last_event_id(plugin: Plugin, library: Path) -> None:
    """Last-Event-ID replays missed events exactly once."""
    await plugin.ask(tone_file(library / "a.wav"))
    async with listening(plugin, 0) as (_, events):
        assert (await anext(events))[1] == "status"
        last_id, _, _ = await anext(results(events))
    await plugin.ask(tone_file(library / "b.wav", 2.0))
    async with listening(plugin, last_id) as (_, events):
        assert (await anext(events))[:2] == (None, "status")
        _, _, data = await anext(results(events))
    assert data["path"] == str(library / "b.wav")
    assert (await plugin.get("/events", status=400, headers={"Last-Event-ID": "x"}))["code"] == "bad_field"


async def results(events: Events) -> Events:
    """Yield the result events."""
    async for event in events:
        if event[1] == "result":
            yield event


async def test_status_events_are_throttled(plugin: Plugin, library: Path) -> None:
    """Rapid changes are throttled to few status events."""
    for number in range(40):
        tone_file(library / f"{number}.wav", 0.6, hz=100 + number)
    loop = asyncio.get_running_loop()
    async with listening(plugin) as (_, events):
        await anext(events)
        started, told = loop.time(), 0
        await plugin.post("/scan", status=202)
        async for _, name, data in events:
            told += name == "status"
            if name == "status" and data["counts"]["done"] == 40:
                break
    assert told <= 4 * (loop.time() - started) + 1


async def test_disconnect_removes_the_subscription(plugin: Plugin) -> None:
    """A closed connection removes its subscription."""
    live = service(plugin.app)._live
    async with listening(plugin) as (_, events):
        await anext(events)
        assert live.context.bus.listeners == 1
    await eventually(lambda: not live.context.bus.listeners)


async def test_stream_ends_with_the_service(plugin: Plugin) -> None:
    """Stopping the host closes the stream at once."""
    async with listening(plugin) as (_, events):
        await anext(events)
        closing = asyncio.create_task(plugin.app.shutdown())
        assert [name async for _, name, _ in events if name != "status"] == []
        await closing


@pytest.mark.slow
async def test_five_hundred_idle_streams(host: Host) -> None:
    """Idle streams do not delay requests, and each receives events."""
    plugin = await host(request_rate=0)
    await plugin.until_idle()
    address = plugin.client.make_url(f"{PREFIX}/events")
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        responses = await asyncio.gather(*(session.get(address) for _ in range(500)))
        assert {response.status for response in responses} == {200}
        await eventually(lambda: service(plugin.app).listeners == 500)
        async with asyncio.timeout(LIMIT_SEC):
            await plugin.until_healthy()
        await plugin.post("/pause", status=202)
        async with asyncio.timeout(LIMIT_SEC):
            for response in responses[::50]:
                while b'"state": "paused"' not in await response.content.readline():
                    pass
        for response in responses:
            response.close()
    await eventually(lambda: service(plugin.app).listeners == 0)
