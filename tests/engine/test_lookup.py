"""Answers after a change of the algorithm."""

from pathlib import Path

import pytest

from auralis_fp import schema
from hosting import Host, Plugin, tone_file


async def test_a_result_of_an_earlier_version_is_marked(
    host: Host, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lookup by id returns it as outdated until it is replaced; a request by path returns one of this version."""
    plugin: Plugin = await host()
    for number in range(2):
        await plugin.ask(tone_file(library / f"{number}.wav", 1 + number), number)
    before = await plugin.get("/tracks/0")
    version = before["metadata"]["algorithm_version"]
    assert before["metadata"]["outdated"] is False
    await plugin.post("/pause", status=202)
    await plugin.client.close()

    monkeypatch.setattr(schema, "ALGORITHM_VERSION", version + 1)
    plugin = await host()
    status = await plugin.until(lambda status: status["counts"]["outdated"] == 2)
    assert status["counts"]["done"] == 0
    again = await plugin.get("/tracks/0")
    assert again["metadata"] == before["metadata"] | {"outdated": True}
    assert again["fingerprint"] == before["fingerprint"]
    asked = await plugin.ask(library / "0.wav", 0)
    assert (asked["metadata"]["algorithm_version"], asked["metadata"]["outdated"]) == (version + 1, False)
    items = (await plugin.get("/files"))["items"]
    assert [item["outdated"] for item in items] == [False, True]
    await plugin.post("/resume", status=202)
    await plugin.until(lambda status: status["counts"]["done"] == 2)
    assert (await plugin.get("/tracks/1"))["metadata"]["algorithm_version"] == version + 1
