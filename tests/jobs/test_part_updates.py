"""Back-fill: results that lack parts get them in one decode, and are served meanwhile."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.jobs import part_updates
from auralis_fp.schema.parts import ALL, SUB_FINGERPRINTS, TIMBRE
from auralis_fp.settings import Settings
from hosting import tone_file
from patience import LIMIT_SEC
from serving import until_counts

SONGS = 3
Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings for all parts."""
    return replace(settings, extended_vector=True)


@pytest.fixture
def query(settings: Settings) -> Query:
    """Return a function that runs a statement on the database."""

    def run(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(settings.database, timeout=20)) as connection, connection:
            return connection.execute(sql, parameters).fetchall()

    return run


@pytest.fixture
async def analysed(settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a library that a service has analysed."""
    monkeypatch.setattr(part_updates, "IDLE_SEC", 0.05)
    for number in range(SONGS):
        tone_file(library / f"{number}.wav", hz=300.0 + 100 * number)
    async with Service(settings).running() as service:
        status = await until_counts(service, done=SONGS)
        assert status["parts"]["versions"] == {"fingerprint": status["algorithm_version"], **dict(ALL)}
        assert (status["parts"]["waiting"], status["parts"]["completed"]) == (0, 0)
    return settings


async def until(service: Service, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the progress of the parts is as expected; return the status."""
    async with asyncio.timeout(LIMIT_SEC):
        while True:
            status = await service.status()
            if reached(status["parts"]):
                return status
            await asyncio.sleep(0.02)


async def until_complete(service: Service, number: int) -> dict[str, Any]:
    """Wait until this many results were completed and no other waits; return the status."""
    status = await until(service, lambda parts: (parts["waiting"], parts["completed"]) == (0, number))
    if status["state"] != "starting":
        assert status["counts"]["done"] == SONGS
    return status


def kinds(query: Query) -> list[tuple[Any, ...]]:
    """Return the parts of every file."""
    return query("SELECT file_id, name, version FROM parts ORDER BY file_id, name")


async def test_missing_parts_are_computed_without_an_analysis(analysed: Settings, query: Query, library: Path) -> None:
    """Parts of an earlier version or none at all are made anew; database and sidecars then hold the same as before."""
    before = query("SELECT * FROM parts ORDER BY file_id, name")
    query("UPDATE parts SET version = 0 WHERE name = ?", TIMBRE.name)
    query("DELETE FROM parts WHERE name = ?", SUB_FINGERPRINTS.name)
    query("DELETE FROM part_kinds")  # as the migration leaves it
    for sidecar in library.glob("*.25d"):
        sidecar.unlink()
    async with Service(analysed).running() as service:
        await until_complete(service, SONGS)
        assert service.analyses == (0, 0)
    assert query("SELECT * FROM parts ORDER BY file_id, name") == before
    for sidecar in sorted(library.glob("*.25d")):
        parts = json.loads(sidecar.read_text(encoding="ascii"))["parts"]
        assert sorted((part["name"], part["version"]) for part in parts) == sorted(ALL)
    assert len(list(library.glob("*.25d"))) == SONGS


@pytest.mark.slow
async def test_the_setting_adds_a_part(analysed: Settings, query: Query) -> None:
    """Without the extended vector it is not asked for; switched on, it is computed for all files."""
    query("DELETE FROM parts WHERE name = ?", TIMBRE.name)
    async with Service(replace(analysed, extended_vector=False)).running() as service:
        status = await until_complete(service, 0)
        assert TIMBRE.name not in status["parts"]["versions"]
    assert len(kinds(query)) == SONGS
    async with Service(analysed).running() as service:
        await until_complete(service, SONGS)
    assert len(kinds(query)) == 2 * SONGS


async def test_a_result_without_digest_is_made_anew(analysed: Settings, query: Query) -> None:
    """Nothing shows that it belongs to the file, so one decode yields the numbers, the digest and all parts."""
    query("UPDATE fingerprints SET payload_digest = NULL, lufs = -50.0, confirmed_at = NULL")
    query("DELETE FROM part_kinds")
    async with Service(analysed).running() as service:
        await until_complete(service, SONGS)
    assert query("SELECT count(*) FROM fingerprints WHERE payload_digest IS NULL OR lufs = -50.0") == [(0,)]
    assert len(kinds(query)) == 2 * SONGS


@pytest.mark.slow
async def test_a_swapped_file_is_found(analysed: Settings, query: Query, library: Path) -> None:
    """A file whose content has changed behind its size and time is analysed again, and gets the parts of its audio."""
    query("DELETE FROM parts")
    query("DELETE FROM part_kinds")
    query("UPDATE fingerprints SET payload_digest = zeroblob(32) WHERE file_id = 1")
    async with Service(replace(analysed, sidecars="off")).running() as service:
        await until(service, lambda parts: service.analyses[0] == 1 and not parts["waiting"])
    assert len(kinds(query)) == 2 * SONGS


async def test_unreadable_files_are_left_for_later(analysed: Settings, query: Query, library: Path) -> None:
    """A file that cannot be decoded any more keeps its result, and does not keep others from theirs."""
    query("DELETE FROM parts")
    query("DELETE FROM part_kinds")
    victim = library / "1.wav"
    stat = victim.stat()
    victim.write_bytes(bytes(stat.st_size))
    os.utime(victim, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    async with Service(analysed).running() as service:
        await until(service, lambda parts: bool(parts["completed"] >= SONGS - 1))
    assert len(kinds(query)) >= 2 * (SONGS - 1)
