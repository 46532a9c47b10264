"""``status`` and ``failures``."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from auralis_fp.models import Rejected
from commands import auralis
from stored import CORRUPT, STAMP, library_in, queued, seen, stored

ODD = b"/music/\xe9\x1b[31m[red].mp3"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with two results, two failures, and one pending file."""

    async def fill() -> None:
        async with library_in(tmp_path) as library:
            await stored(library, b"/music/1.mp3")
            await stored(library, b"/music/2.mp3")
            await library.observe([seen(b"/music/waiting.mp3")])
            traceback = Rejected("internal", "ValueError", "Traceback ...\n  File ...\nValueError: what happened")
            for path, outcome in ((b"/music/bad.mp3", CORRUPT), (ODD, traceback)):
                job = await queued(library, path)
                await library.record(job.file_id, outcome, STAMP, claim=job.claim, source="analysis")

    asyncio.run(fill())
    return tmp_path


def test_status_as_json(data: Path) -> None:
    """``--json`` prints the counts, and the total is their sum."""
    done = auralis("status", "--json", "--data-dir", data)
    assert (done.returncode, done.stderr) == (0, "")
    status = json.loads(done.stdout)
    assert status["counts"] == {"total": 5, "done": 2, "outdated": 0, "pending": 1, "running": 0, "failed": 2}
    assert status["percent"] == 66
    assert status["failures"] == {"corrupt": 1, "ValueError": 1}
    assert status["database"] == str(data / "fingerprints.sqlite3")


def test_status_as_a_table(data: Path) -> None:
    """The default output is a table."""
    done = auralis("status", "--data-dir", data)
    assert done.returncode == 0
    assert "Files: 5, 66 % of those that can be analysed are done" in done.stdout
    for word in ("done", "pending", "failed", "corrupt"):
        assert word in done.stdout


def test_failures_as_json(data: Path) -> None:
    """``--json`` prints JSON lines that can represent any file name."""
    done = auralis("failures", "--json", "--data-dir", data)
    assert done.returncode == 0
    records = {os.fsencode(record["path"]): record for record in map(json.loads, done.stdout.splitlines())}
    assert set(records) == {b"/music/bad.mp3", ODD}
    record = records[b"/music/bad.mp3"]
    assert (record["stage"], record["code"], record["reason"], record["attempts"]) == (
        "decode",
        "corrupt",
        CORRUPT.reason,
        1,
    )
    assert record["failed_at"] > 0


def test_control_characters_are_escaped(data: Path) -> None:
    """Control characters and markup in names are escaped."""
    done = auralis("failures", "--data-dir", data)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\\x1b[31m[red].mp3" in done.stdout
    assert CORRUPT.reason in done.stdout
    assert "ValueError: what happened" in done.stdout


def test_no_failures(tmp_path: Path) -> None:
    """No failures are reported as a sentence, or as empty output with ``--json``."""

    async def fill() -> None:
        async with library_in(tmp_path) as library:
            await stored(library)

    asyncio.run(fill())
    assert auralis("failures", "--data-dir", tmp_path).stdout == "No failures.\n"
    assert auralis("failures", "--json", "--data-dir", tmp_path).stdout == ""


async def test_reading_beside_a_server(tmp_path: Path) -> None:
    """Both commands work while a server uses the database, and see new results."""
    async with library_in(tmp_path) as library:
        await stored(library)
        done = await asyncio.to_thread(auralis, "status", "--json", "--data-dir", tmp_path)
        assert json.loads(done.stdout)["counts"]["done"] == 1
        await stored(library, b"/music/2.mp3")
        done = await asyncio.to_thread(auralis, "status", "--json", "--data-dir", tmp_path)
        assert json.loads(done.stdout)["counts"]["done"] == 2
