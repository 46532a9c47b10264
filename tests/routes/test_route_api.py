"""Fingerprints over HTTP: of one file, of a batch, by the host's track id."""

import asyncio
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from hosting import PREFIX, SHARED, Host, Plugin, long_file, tone_file

pytestmark = pytest.mark.every_way


async def test_body_of_a_fingerprint(plugin: Plugin, library: Path) -> None:
    """The body has four keys, and the dimensions in schema order."""
    body = await plugin.ask(tone_file(library / "a.wav", 2.0), 123)
    assert list(body) == ["track_id", "fingerprint", "metadata", "processing_time_ms"]
    assert body["track_id"] == 123
    assert tuple(body["fingerprint"]) == schema.NAMES
    assert schema.fault_of(body["fingerprint"]) is None
    metadata = body["metadata"]
    assert metadata["duration_sec"] == pytest.approx(2.0)
    assert (metadata["sample_rate"], metadata["channels"], metadata["format"]) == (22050, 1, "wav")
    assert metadata["source"] == "analysis"
    assert body["processing_time_ms"] > 0


async def test_repeats_are_remembered(plugin: Plugin, library: Path) -> None:
    """A second request returns the same body without an analysis; a changed file is analysed again."""
    song = tone_file(library / "a.wav")
    first = await plugin.ask(song)
    assert await plugin.ask(song) == first
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == 1
    assert await plugin.metric('auralis_fp_answers_total{source="memory"}') == 1
    tone_file(song, 3.0)
    assert (await plugin.ask(song))["metadata"]["duration_sec"] == pytest.approx(3.0)


async def test_sixteen_identical_requests_are_one_analysis(plugin: Plugin, library: Path) -> None:
    """Concurrent requests for one file share one analysis."""
    song = long_file(library / "long.wav", 60)
    bodies = await asyncio.gather(*(plugin.ask(song) for _ in range(16)))
    assert all(body == bodies[0] for body in bodies)
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == 1


async def test_different_spellings_are_one_file(plugin: Plugin, library: Path) -> None:
    """A path that is not normalised, or leads through a link outside, resolves to the file in the library."""
    song = tone_file(library / "a.wav")
    (library.parent / "link").symlink_to(library)
    first = await plugin.ask(song)
    for spelling in (f"{library}/../music/a.wav", f"{library.parent}/link/a.wav", f"{library}//a.wav"):
        body = await plugin.post("", {"track_id": 1, "filepath": spelling})
        assert body["metadata"]["file_id"] == first["metadata"]["file_id"]
    assert (await plugin.get("/status"))["counts"]["total"] == 1


async def test_file_name_that_is_not_utf8(plugin: Plugin, library: Path) -> None:
    """A file name that is not UTF-8 is requested and returned with surrogate escapes."""
    song = tone_file(library / "a.wav")
    song.rename(os.fsdecode(os.fsencode(library) + b"/caf\xe9.wav"))
    raw = json.dumps({"track_id": 1, "filepath": f"{library}/caf\udce9.wav"})
    assert "\\udce9" in raw
    headers = {"Content-Type": "application/json"}
    body = await plugin.post("", data=raw.encode("ascii"), headers=headers)
    shown = await plugin.get(f"/files/{body['metadata']['file_id']}")
    assert shown["path"] == f"{library}/caf\udce9.wav"


@pytest.fixture(scope="module")
def odd_files(shared_library: Path) -> Path:
    """Return the shared library with files that are not music, and music outside it."""
    (shared_library / "notes.txt").write_text("no music")
    (shared_library / "folder.wav").mkdir()
    os.mkfifo(shared_library / "pipe.wav")
    (shared_library / "out.wav").symlink_to(tone_file(shared_library.parent / "secret.wav"))
    return shared_library


@SHARED
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing.wav", 404, "file_not_found"),
        ("notes.txt", 415, "not_audio"),
        ("folder.wav", 415, "not_a_file"),
        ("pipe.wav", 415, "not_a_file"),
        ("out.wav", 403, "outside_roots"),
        ("../secret.wav", 403, "outside_roots"),
        ("../missing.wav", 403, "outside_roots"),
        ("long/" * 900 + "a.wav", 404, "file_not_found"),
    ],
)
async def test_rejected_paths(shared: Plugin, odd_files: Path, name: str, status: int, code: str) -> None:
    """Missing files, files that are not audio, and files outside the library are rejected without opening them."""
    body = await shared.ask(odd_files / name, status=status)
    assert body["code"] == code
    assert sorted(body) == ["code", "detail", "error"]


@pytest.mark.parametrize(
    ("seconds", "content", "status", "code"),
    [(0.01, b"", 422, "too_short"), (None, b"this is no music at all" * 99, 415, "unsupported")],
)
async def test_failed_files(
    plugin: Plugin, library: Path, seconds: float | None, content: bytes, status: int, code: str
) -> None:
    """A file that cannot be analysed is rejected with the reason; a second request does not retry."""
    song = library / "a.wav"
    if seconds is None:
        song.write_bytes(content)
    else:
        tone_file(song, seconds)
    for _ in range(2):
        assert (await plugin.ask(song, status=status))["code"] == code
    assert await plugin.metric('auralis_fp_analyses_total{outcome="rejected"}') == 1
    assert (await plugin.get("/tracks/1", status=status))["code"] == code


@SHARED
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"filepath": "/a.wav"}, "track_id"),
        ({"track_id": 1}, "filepath"),
        ({"track_id": "1", "filepath": "/a.wav"}, "track_id"),
        ({"track_id": True, "filepath": "/a.wav"}, "track_id"),
        ({"track_id": 2**63, "filepath": "/a.wav"}, "track_id"),
        ({"track_id": 1, "filepath": ""}, "filepath"),
        ({"track_id": 1, "filepath": 5}, "filepath"),
        ({"track_id": 1, "filepath": "a.wav"}, "filepath"),
        ({"track_id": 1, "filepath": "/a\0b.wav"}, "filepath"),
        ({"track_id": 1, "filepath": "/\ud800.wav"}, "filepath"),
        ({"track_id": 1, "filepath": "/a.wav", "extra": 1}, "extra"),
    ],
)
async def test_bad_fields_are_named(shared: Plugin, body: dict[str, Any], named: str) -> None:
    """The error names a field that is missing, unknown or of the wrong type."""
    answer = await shared.post("", body, status=400)
    assert answer["code"] == "bad_field"
    assert answer["detail"] == {"field": named}
    assert named in answer["error"]


@SHARED
@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"track_id": NaN}', b"[" * 100_000, b"9" * 5000])
async def test_invalid_json(shared: Plugin, raw: bytes) -> None:
    """Invalid JSON of any kind is rejected as `bad_json`."""
    headers = {"Content-Type": "application/json"}
    assert (await shared.post("", status=400, data=raw, headers=headers))["code"] == "bad_json"


@SHARED
async def test_content_type_and_size(shared: Plugin) -> None:
    """Other content types are 415; more than a mebibyte is 413, with or without Content-Length."""
    assert (await shared.post("", status=415, data=b"{}", headers={"Content-Type": "text/plain"}))["code"] == "not_json"

    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    for data in (io.BytesIO(b" " * (2 << 20)), endless()):
        assert (await shared.post("", status=413, data=data, headers=headers))["code"] == "too_large"


async def test_batch_fails_item_by_item(plugin: Plugin, library: Path) -> None:
    """Each batch item has its line; an invalid one has the error body of a single request."""
    song = tone_file(library / "a.wav")
    items = [
        {"track_id": 1, "filepath": str(song)},
        {"track_id": 2, "filepath": str(library / "missing.wav")},
        {"track_id": "three", "filepath": "/a.wav"},
        4,
    ]
    async with plugin.client.post(f"{PREFIX}/batch", json={"items": items}) as response:
        assert response.content_type == "application/x-ndjson"
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    assert len(lines) == 4
    (good,) = (line for line in lines if "fingerprint" in line)
    assert good["track_id"] == 1
    problems = {line["track_id"]: line for line in lines if "error" in line}
    alone = await plugin.ask(library / "missing.wav", 2, status=404)
    assert problems[2] == {"track_id": 2, "path": str(library / "missing.wav"), **alone}
    assert problems["three"]["code"] == problems[None]["code"] == "bad_field"
    assert problems["three"]["detail"] == {"field": "track_id"}


async def test_batch_continues_after_a_disconnect(plugin: Plugin, library: Path) -> None:
    """Results of a batch are stored even if the client disconnects."""
    songs = [tone_file(library / f"{number}.wav", 1 + number) for number in range(4)]
    items = [{"track_id": number, "filepath": str(song)} for number, song in enumerate(songs)]
    response = await plugin.client.post(f"{PREFIX}/batch", json={"items": items})
    await response.content.readline()
    response.close()
    status = await plugin.until(lambda status: status["counts"]["done"] == status["counts"]["total"] > 0)
    assert status["counts"]["failed"] == 0


async def test_track_by_the_hosts_id(host: Host, library: Path) -> None:
    """A track is unknown, then queued, then available."""
    plugin = await host()
    song = tone_file(library / "a.wav")
    assert (await plugin.get("/tracks/5", status=404))["code"] == "track_not_found"
    first = await plugin.ask(song, 5)
    assert await plugin.get("/tracks/5") == first
    await plugin.post("/pause", status=202)
    tone_file(song, 2.0)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["outdated"] == 1)
    assert await plugin.get("/tracks/5", status=202) == {"track_id": 5, "state": "outdated"}
    assert (await plugin.get(f"/tracks/{2**63}", status=404))["code"] == "not_found"


async def test_health_and_status(plugin: Plugin, library: Path) -> None:
    """Health has the fields of the original server; counts add up, and failed files do not count for coverage."""
    health = await plugin.get("/health")
    assert list(health)[:3] == ["status", "version", "uptime_sec"]
    assert (health["status"], health["reasons"]) == ("healthy", [])
    for number in range(2):
        tone_file(library / f"{number}.wav", 1 + number)
    tone_file(library / "short.wav", 0.001)
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["counts"]["done"] == 2 and status["state"] == "idle")
    counts = status["counts"]
    assert counts == {"total": 3, "done": 2, "outdated": 0, "pending": 0, "running": 0, "failed": 1}
    assert status["percent"] == 100
    assert status["eta_sec"] is None
    assert status["folders"][0]["path"] == str(library)
    assert len(status["workers"]) == 1


@SHARED
async def test_unknown_paths_and_methods(shared: Plugin) -> None:
    """404 and 405 have the error body."""
    assert (await shared.get("/nowhere", status=404))["code"] == "not_found"
    async with shared.client.delete(f"{PREFIX}/scan") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"
        assert (await response.json())["code"] == "method_not_allowed"


async def test_outside_files_where_that_is_allowed(host: Host, library: Path) -> None:
    """With `allow_any_path`, files outside the library can be requested; links are resolved."""
    plugin = await host(allow_any_path=True, libraries=())
    song = tone_file(library / "a.wav")
    (library / "link.wav").symlink_to(song)
    first = await plugin.ask(song)
    assert (await plugin.ask(library / "link.wav"))["metadata"]["file_id"] == first["metadata"]["file_id"]
