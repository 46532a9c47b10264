"""``export`` and ``import``."""

import asyncio
import csv
import json
import os
import stat
from pathlib import Path

import pytest

from auralis_fp import schema
from commands import auralis
from stored import library_in, stored


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with three results."""

    async def fill() -> None:
        async with library_in(tmp_path / "data") as library:
            first = await stored(library, b"/music/1.mp3", lufs=-14.1234567890123)
            await library.link_track(7, first.id)
            await stored(library, b"/music/\xe9\n.mp3", tempo_bpm=100 / 3)
            await stored(library, b"/music/3.mp3")

    asyncio.run(fill())
    return tmp_path / "data"


def test_export_and_import_are_exact(data: Path, tmp_path: Path) -> None:
    """Export, import and export again give identical bytes."""
    out = auralis("export", "--data-dir", data)
    assert (out.returncode, out.stderr) == (0, "")
    into = auralis("import", "--data-dir", tmp_path / "other", text=out.stdout)
    assert into.returncode == 0
    assert "3 results stored, 0 already known, 0 invalid lines" in into.stderr
    assert auralis("export", "--data-dir", tmp_path / "other").stdout == out.stdout
    again = auralis("import", "--data-dir", tmp_path / "other", text=out.stdout)
    assert "0 results stored, 3 already known, 0 invalid lines" in again.stderr


def test_exported_record(data: Path) -> None:
    """A record has path, stamp, metadata, fingerprint, algorithm, times and track ids."""
    records = [json.loads(line) for line in auralis("export", "--data-dir", data).stdout.splitlines()]
    assert [os.fsencode(record["path"]) for record in records] == [
        b"/music/1.mp3",
        b"/music/3.mp3",
        b"/music/\xe9\n.mp3",
    ]
    assert records[0].keys() == {
        "path",
        "size",
        "mtime_ns",
        "metadata",
        "fingerprint",
        "algorithm",
        "algorithm_version",
        "analysed_at",
        "processing_time_ms",
        "content_id",
        "payload_digest",
        "track_ids",
    }
    assert tuple(records[0]["fingerprint"]) == schema.NAMES
    assert records[0]["fingerprint"]["lufs"] == -14.1234567890123
    assert records[0]["track_ids"] == [7]


def test_export_is_atomic(data: Path, tmp_path: Path) -> None:
    """An export replaces the file atomically with private permissions."""
    target = tmp_path / "out" / "results.jsonl"
    target.parent.mkdir()
    target.write_text("older\n", encoding="ascii")
    done = auralis("export", target, "--data-dir", data)
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text(encoding="ascii") == auralis("export", "--data-dir", data).stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert os.listdir(target.parent) == ["results.jsonl"]
    failed = auralis("export", tmp_path / "nowhere" / "results.jsonl", "--data-dir", data)
    assert failed.returncode == 2
    assert "cannot be written" in failed.stderr


def test_invalid_lines_are_skipped(data: Path, tmp_path: Path) -> None:
    """Invalid lines are reported by number; valid ones are imported."""
    first, second, third = auralis("export", "--data-dir", data).stdout.splitlines()
    beyond = json.loads(second) | {"fingerprint": json.loads(second)["fingerprint"] | {"lufs": 99}}
    lines = [first, "", "{", json.dumps(beyond), "x" * 100_000, "[" * 5000, "null", third]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(lines), encoding="ascii")
    done = auralis("import", file, "--data-dir", tmp_path / "other")
    assert done.returncode == 1
    assert "2 results stored, 0 already known, 5 invalid lines" in done.stderr
    said = done.stderr.splitlines()
    assert [line.split(":")[0] for line in said[:5]] == ["line 3", "line 4", "line 5", "line 6", "line 7"]
    assert "lufs = 99" in said[1]
    assert len(auralis("export", "--data-dir", tmp_path / "other").stdout.splitlines()) == 2


def test_many_invalid_lines(tmp_path: Path) -> None:
    """Only the first invalid lines are reported individually."""
    done = auralis("import", "--data-dir", tmp_path / "data", text="no JSON\n" * 1000)
    assert done.returncode == 1
    assert "1000 invalid lines" in done.stderr
    assert len(done.stderr.splitlines()) < 30


def test_export_beside_a_server(tmp_path: Path) -> None:
    """An export works while a server runs; an import is rejected."""

    async def beside() -> tuple[str, int]:
        async with library_in(tmp_path) as library:
            await stored(library)
            out = await asyncio.to_thread(auralis, "export", "--data-dir", tmp_path)
            into = await asyncio.to_thread(auralis, "import", "--data-dir", tmp_path, text=out.stdout)
            return out.stdout, into.returncode

    exported, code = asyncio.run(beside())
    assert len(exported.splitlines()) == 1
    assert code == 2


async def test_tables_have_the_same_columns(data: Path, tmp_path: Path) -> None:
    """CSV and Parquet have one row for each result, and Parquet is imported without loss."""
    lines = auralis("export", "--data-dir", data).stdout
    for kind in ("csv", "parquet"):
        assert auralis("export", "--data-dir", data, "--format", kind, tmp_path / f"x.{kind}").returncode == 0
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == len(lines.splitlines())
    first = json.loads(lines.splitlines()[0])
    assert rows[0]["path"] == first["path"]
    assert float(rows[0]["lufs"]) == first["fingerprint"]["lufs"]
    other = tmp_path / "other"
    assert auralis("import", "--data-dir", other, tmp_path / "x.parquet").returncode == 0
    assert auralis("export", "--data-dir", other).stdout == lines


def test_parquet_needs_a_file(data: Path) -> None:
    """It is not written to standard output."""
    done = auralis("export", "--data-dir", data, "--format", "parquet")
    assert done.returncode == 2
    assert "give the name of a file" in done.stderr


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"x" * 100, b"PAR1" + bytes(8) + b"PAR1"])
def test_what_is_no_parquet_is_reported(tmp_path: Path, content: bytes) -> None:
    """Nothing is stored, and the exit code says that something was wrong."""
    (tmp_path / "x.parquet").write_bytes(content)
    done = auralis("import", "--data-dir", tmp_path / "data", tmp_path / "x.parquet")
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
