"""The service over malformed files: each has its outcome, and no other file is affected."""

import asyncio
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from hostile_files import ANY, DONE, UNSEEN, Hostile, hostile_files, mutations, plant
from hosting import Host, Plugin, tone_file
from patience import LIMIT_SEC

MUTATIONS = 300  # thousands with: python -m bench mutations


async def outcomes(plugin: Plugin) -> dict[bytes, dict[str, Any]]:
    """Return every file that the service knows, by path."""
    found: dict[bytes, dict[str, Any]] = {}
    after = ""
    while after is not None:
        page = await plugin.get("/files", params={"limit": "500", "after": after})
        found |= {os.fsencode(item["path"]): item for item in page["items"]}
        after = page["next"]
    return found


def outcome(item: dict[str, Any] | None) -> str:
    """Return the outcome of a file as ``hostile_files`` names it; fail at once for an invalid result."""
    if item is None:
        return UNSEEN
    if item["state"] == "failed":
        assert item["failure"]["reason"]
        assert "/" not in item["failure"]["reason"], "a path, or a traceback"
        return str(item["failure"]["code"])
    assert item["state"] == "done", item
    values = item["fingerprint"]
    assert list(values) == list(schema.NAMES)
    assert all(math.isfinite(value) for value in values.values())
    assert schema.fault_of(values) is None
    return DONE


async def scanned(host: Host, total: int) -> tuple[Plugin, dict[bytes, dict[str, Any]]]:
    """Return a plugin that has scanned everything without a fault or a lost worker."""
    plugin: Plugin = await host(workers=2)
    pids = set()
    async with asyncio.timeout(LIMIT_SEC):
        while (status := await plugin.get("/status"))["state"] != "idle":
            pids |= {worker["pid"] for worker in status["workers"]} - {None}
            await plugin.until_healthy()
            await asyncio.sleep(0.05)
    assert status["counts"]["total"] == total
    assert len(pids) <= 2, "a worker was lost"
    return plugin, await outcomes(plugin)


@pytest.fixture(scope="module")
def corpus() -> list[Hostile]:
    """Return the files to write."""
    return list(hostile_files())


async def test_every_hostile_file_has_its_outcome(host: Host, library: Path, corpus: list[Hostile]) -> None:
    """Each is found or ignored, with a fingerprint or a reason; a good file among them is analysed."""
    good = tone_file(library / "good.wav", hz=1000.0)
    planted = plant(library, iter(corpus))
    seen = sum(UNSEEN not in file.outcomes for file in corpus)
    plugin, known = await scanned(host, seen + 1)
    wrong = {path: outcome(known.get(path)) for path, file in planted.items()}
    wrong = {path: came for path, came in wrong.items() if came not in planted[path].outcomes}
    assert not wrong
    assert len(known) == seen + 1
    answer = await plugin.ask(good)
    assert answer["fingerprint"]["spectral_centroid"] > 0


async def test_every_hostile_file_can_be_requested(host: Host, library: Path, corpus: list[Hostile]) -> None:
    """Each request is answered at once, with numbers or a sentence and never with an internal error."""
    planted = plant(library, (file for file in corpus if not file.name.startswith(b"cut/")))
    plugin = await host(workers=2, libraries=(library,))
    statuses: Counter[int] = Counter()
    for path, file in planted.items():
        body = {"track_id": 1, "filepath": os.fsdecode(path)}
        async with plugin.client.post("/fingerprint", json=body) as response:
            statuses[response.status] += 1
            assert response.status in ({200} if file.outcomes == {DONE} else {200, 400, 403, 404, 415, 422}), path
            assert await response.json()
    assert statuses[200] > 30
    assert statuses[500] == statuses[503] == 0
    await plugin.until_healthy()


async def test_mutations_of_every_format(host: Host, library: Path) -> None:
    """Flipped, cut and repeated bytes in files of every format yield numbers or a reason."""
    for name, content in mutations(MUTATIONS, seed=1):
        (library / name).write_bytes(content)
    _, known = await scanned(host, MUTATIONS)
    came = Counter(outcome(item) for item in known.values())
    assert set(came) <= ANY
    assert came[DONE] > MUTATIONS // 4
