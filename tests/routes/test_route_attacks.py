"""Attacks over HTTP and their rejection."""

import asyncio
import base64
import contextlib
import gzip
import io
import logging
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import service
from auralis_fp.routes import api, events
from auralis_fp.routes.schemas import bodies
from hosting import PREFIX, SHARED, Host, Plugin, eventually, swapping, tone_file
from patience import LIMIT_SEC

pytestmark = pytest.mark.every_way

CANARY = "canary-5b0f35d0"  # part of every path, so that a leak is detected
TOKEN = "correct-horse-battery"  # noqa: S105 - a fixed test value
EVERY_POST = (
    "", "/batch", "/scan", "/pause", "/resume", "/retry", "/skip", "/cancel", "/prioritise", "/reanalyse", "/playing",
)  # fmt: skip
EVERY_GET = (
    "/", "/status", "/health", "/events", "/files", "/files/1", "/tracks/1", "/queue", "/failures", "/failures.csv",
    "/failures.json", "/points", "/throughput", "/cost", "/dimensions", "/metrics", "/openapi.json", "/nowhere",
    "/status.js",
)  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return an empty music folder whose name is recognisable in a leak."""
    folder = tmp_path / CANARY / "music"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def shared_library(way: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return such a folder for all tests that only read."""
    folder = tmp_path_factory.mktemp(way) / CANARY / "music"
    folder.mkdir(parents=True)
    return folder


async def raw(plugin: Plugin, request: bytes) -> bytes:
    """Send raw bytes and return the complete response."""
    reader, writer = await asyncio.open_connection(plugin.client.host, plugin.client.port)
    try:
        writer.write(request)
        async with asyncio.timeout(LIMIT_SEC):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@SHARED
@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example:80", "localhost.", "0", "[::ffff:7f00:1]", "localhost:²"]
)
async def test_dns_rebinding(shared: Plugin, name: str) -> None:
    """DNS rebinding: a foreign Host is rejected at every path, without disclosing whether the path exists."""
    for path in EVERY_GET:
        async with shared.client.get(f"{PREFIX}{path}", headers={"Host": name}) as response:
            assert response.status == 403
            assert (await response.json())["code"] == "host_not_allowed"
    for path in EVERY_POST:
        assert (await shared.post(path, status=403, headers={"Host": name}))["code"] == "host_not_allowed"


@SHARED
async def test_two_host_headers(shared: Plugin) -> None:
    """A request must have exactly one Host header."""
    for hosts in (b"Host: localhost\r\nHost: evil.example\r\n", b""):
        answer = await raw(shared, b"GET /fingerprint/status HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
        assert answer.split()[1] in {b"400", b"403"}
        assert b"counts" not in answer


@SHARED
@pytest.mark.parametrize(
    "address", ["http://evil.example/fingerprint/status", "http://localhost@evil/fingerprint/status"]
)
async def test_absolute_request_target(shared: Plugin, address: str) -> None:
    """The host of an absolute request target is checked like the Host header."""
    answer = await raw(shared, f"GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] in {b"403", b"404", b"200"}
    assert b"counts" not in answer


@SHARED
async def test_cross_site_request_forgery(shared: Plugin) -> None:
    """CSRF: cross-origin POSTs are rejected with any body and content type."""
    headers = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    for path in EVERY_POST:
        for data in (None, b'{"playing": true}'):
            assert (await shared.post(path, status=403, data=data, headers=headers))["code"] == "origin_not_allowed"
    for path in EVERY_GET:
        async with shared.client.get(f"{PREFIX}{path}", headers={"Origin": "http://evil.example"}) as response:
            assert response.status == 403
            assert "Access-Control-Allow-Origin" not in response.headers
    assert (await shared.get("/status"))["state"] not in {"paused", "waiting_for_playback"}


@SHARED
async def test_cross_site_subresources_and_links(shared: Plugin) -> None:
    """Cross-site subresources are rejected; followed links are not."""
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert (await shared.get("/status", status=403, headers=embedded))["code"] == "origin_not_allowed"
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with shared.client.get(f"{PREFIX}/", headers=followed) as response:
        assert response.status == 200


async def test_get_is_safe(plugin: Plugin, library: Path) -> None:
    """GET requests are safe: they start no work and change no data."""
    await plugin.until_idle()
    tone_file(library / "a.wav")
    before = await plugin.get("/files")
    for path in EVERY_GET:
        if path != "/events":
            async with plugin.client.get(f"{PREFIX}{path}") as response:
                await response.read()
    for path in ("/scan", "/pause", "/retry", "/cancel", "/prioritise", "/playing", "/batch"):
        async with plugin.client.get(f"{PREFIX}{path}") as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert await plugin.get("/files") == before
    assert (await plugin.get("/status"))["counts"]["total"] == 0


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer wrong-horse-battery",
        "Bearer",
        "Basic !!",
        "Digest x",
        "Basic " + base64.b64encode(b"a:b").decode(),
    ],
)
async def test_without_the_token(host: Host, authorization: str | None) -> None:
    """With a token set, requests without it are rejected, and the token appears in no response."""
    plugin = await host(token=TOKEN)
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in EVERY_GET:
        async with plugin.client.get(f"{PREFIX}{path}", headers=headers) as response:
            assert response.status == 401
            challenges = response.headers.getall("WWW-Authenticate")
            assert [challenge.partition(" ")[0] for challenge in challenges] == ["Basic", "Bearer"]
            assert TOKEN not in await response.text()
    for path in EVERY_POST:
        assert (await plugin.post(path, status=401, headers=headers))["code"] == "token_needed"
    assert TOKEN not in repr(plugin.app[next(key for key in plugin.app if "plugin" in str(key))])


async def test_with_the_token(host: Host) -> None:
    """The token is accepted as a bearer token and as a Basic password; CORS preflight needs none."""
    plugin = await host(token=TOKEN, allowed_origins=("http://localhost:3000",))
    basic = base64.b64encode(f"listener:{TOKEN}".encode()).decode()
    for shown in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", f"Basic {basic}"):
        assert (await plugin.get("/health", headers={"Authorization": shown}))["status"] == "healthy"
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
    async with plugin.client.options(f"{PREFIX}/status", headers=asked) as response:
        assert response.status == 204
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


@pytest.fixture(scope="module")
def leading_out(shared_library: Path) -> Path:
    """Return the shared library with links that lead outside."""
    secret = tone_file(shared_library.parent / "secret.wav")
    (shared_library / "link.wav").symlink_to(secret)
    (shared_library / "linked").symlink_to(shared_library.parent)
    (shared_library / "chain.wav").symlink_to(shared_library / "link.wav")
    return shared_library


@SHARED
@pytest.mark.parametrize(
    "path",
    [
        "/{root}/../secret.wav", "/{root}/x/../../secret.wav", "/{root}/./../secret.wav", "/{root}//..//secret.wav",
        "/proc/self/environ", "/dev/zero", "/etc/passwd", "/{root}/link.wav", "/{root}/linked/secret.wav",
        "/{root}/chain.wav", "/proc/self/fd/0", "/{root}", "/",
    ],
)  # fmt: skip
async def test_traversal(shared: Plugin, leading_out: Path, path: str) -> None:
    """Path traversal: no spelling of a path leads out of the music folders."""
    named = path.replace("/{root}", str(leading_out))
    answer = await shared.post("", {"track_id": 1, "filepath": named}, status=403)
    assert answer["code"] == "outside_roots"
    assert CANARY not in str(answer)
    assert (await shared.get("/status"))["counts"]["total"] == 0


async def test_devices_pipes_and_folders(plugin: Plugin, library: Path) -> None:
    """Pipes and devices are rejected without opening them."""
    os.mkfifo(library / "pipe.wav")
    (library / "folder.wav").mkdir()
    (library / "zero.wav").symlink_to("/dev/zero")
    for name, status in (("pipe.wav", 415), ("folder.wav", 415), ("zero.wav", 403)):
        answer = await plugin.ask(library / name, status=status)
        assert CANARY not in str(answer)
    await plugin.until_healthy()


async def test_link_race(plugin: Plugin, library: Path) -> None:
    """TOCTOU: a link that changes between check and read never exposes a file outside."""
    inside = tone_file(library / "inside.wav", 1.0)
    outside = tone_file(library.parent / "outside.wav", 3.0)
    folder, elsewhere = library / "there", library.parent
    (library / "real").mkdir()
    tone_file(library / "real" / "outside.wav", 1.0)
    link = library / "race.wav"
    link.symlink_to(inside)
    folder.symlink_to(library / "real")
    lengths, codes = set(), set()
    with swapping(link, inside, outside), swapping(folder, library / "real", elsewhere):
        for _ in range(150):
            for path in (link, folder / "outside.wav"):
                async with plugin.client.post(PREFIX, json={"track_id": 1, "filepath": str(path)}) as response:
                    body = await response.json()
                    if response.status == 200:
                        lengths.add(round(body["metadata"]["duration_sec"]))
                    else:
                        codes.add(body["code"])
                        assert CANARY not in str(body)
    assert lengths <= {1}
    assert codes <= {"outside_roots", "file_changed", "file_not_found", "missing", "not_regular"}
    stored = (await plugin.get("/files"))["items"]
    assert {round(item["metadata"]["duration_sec"]) for item in stored if item["metadata"]} <= {1}


@SHARED
@pytest.mark.parametrize(
    "target",
    [
        "/fingerprint/../etc/passwd", "/fingerprint/%2e%2e/%2e%2e/etc/passwd", "/fingerprint//status",
        "/fingerprint/status/", "/fingerprint/status;x", "/fingerprint/%73tatus%00", "/fingerprint/files/1%2f..",
        "//evil.example/fingerprint/status", "/fingerprint/..%2f..%2fpyproject.css", "/fingerprint/files/-1",
        "/fingerprint/files/1e3", "/fingerprint/tracks/0x10",
        "/fingerprint/files/%D9%A1", "/fingerprint\\status", "/fingerprint/" + "a" * 5000,
    ],
)  # fmt: skip
async def test_unusual_paths(shared: Plugin, target: str) -> None:
    """Unknown paths are 404 (or 400 from the parser) in any spelling, and disclose no local path."""
    answer = await raw(shared, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    if b'{"host":' not in answer:  # a FastAPI host answers outside the prefix
        assert answer.split()[1] in {b"400", b"404", b"414"}
    for leak in (b"Traceback", b"root:", CANARY.encode(), b".py"):
        assert leak not in answer


@SHARED
async def test_request_smuggling(shared: Plugin) -> None:
    """Request smuggling: conflicting body lengths are rejected."""
    hidden = b"POST /fingerprint/pause HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for framing in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 0\r\nContent-Length: 60\r\n",
    ):
        head = b"POST /fingerprint/resume HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + framing
        answer = await raw(shared, head + b"\r\n0\r\n\r\n" + hidden)
        assert answer.split()[1] == b"400"
    assert (await shared.get("/status"))["state"] != "paused"


@SHARED
async def test_oversized_bodies(shared: Plugin) -> None:
    """No path accepts more than a mebibyte, with or without Content-Length; too many items or ids are a field error."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    for path in EVERY_POST:
        for data in (io.BytesIO(b" " * (2 << 20)), endless()):
            assert (await shared.post(path, status=413, data=data, headers=headers))["code"] == "too_large"
    for path, body in (("/batch", {"items": [1] * 5001}), ("/retry", {"ids": [1] * 10_001})):
        assert (await shared.post(path, body, status=400))["detail"] == {"field": next(iter(body))}
    answer = await raw(
        shared,
        b"GET /fingerprint/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: "
        + b"a" * 100_000
        + b"\r\n\r\n",
    )
    assert answer.split()[1] in {b"400", b"431"}


@SHARED
async def test_rejection_does_not_wait_for_the_body(shared: Plugin) -> None:
    """A rejection does not wait for an announced body."""
    head = (
        b"POST /fingerprint HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    )
    reader, writer = await asyncio.open_connection(shared.client.host, shared.client.port)
    writer.write(head + b"\r\n")
    async with asyncio.timeout(LIMIT_SEC):
        assert (await reader.readline()).split()[1] == b"403"
    writer.close()


@SHARED
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x, gzip"])
async def test_decompression_bombs(shared: Plugin, coding: str) -> None:
    """Decompression bombs: bodies with a content encoding are rejected at every path."""
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    for path in EVERY_POST:
        for data in (b"junk that is no packed data", gzip.compress(bytes(8 << 20)), zlib.compress(bytes(8 << 20))):
            async with shared.client.post(f"{PREFIX}{path}", data=data, headers=headers) as response:
                assert response.status in {400, 415}, await response.text()
                if response.status == 415:
                    assert (await response.json())["code"] == "coded_body"
    await shared.until_healthy()


async def test_slow_loris(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow clients do not delay others, and incomplete bodies time out."""
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_SEC", 0.5)
    head = b"POST /fingerprint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    async with contextlib.AsyncExitStack() as open_ones:
        readers = []
        for number in range(200):
            reader, writer = await asyncio.open_connection(plugin.client.host, plugin.client.port)
            open_ones.callback(writer.close)
            writer.write(head + (b"\r\n{" if number % 2 else b""))
            readers.append((reader, writer))
        async with asyncio.timeout(LIMIT_SEC):
            await plugin.until_healthy()
        async with asyncio.timeout(LIMIT_SEC):
            for reader, _ in readers[1::2]:
                assert (await reader.readline()).startswith(b"HTTP/1.1 408")


async def test_rate_limit(host: Host) -> None:
    """The rate limit answers 429 with Retry-After, and accepts requests after that time."""
    plugin = await host(request_rate=5)
    codes = []
    for _ in range(12):
        async with plugin.client.get(f"{PREFIX}/health") as response:
            codes.append(response.status)
            if response.status == 429:
                assert int(response.headers["Retry-After"]) >= 1
                assert (await response.json())["code"] == "too_many_requests"
    assert codes[0] == 200
    assert codes[-1] == 429


async def test_stalled_event_streams(plugin: Plugin, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Event streams of stalled or vanished clients delay nothing and are closed with the next heartbeat."""
    monkeypatch.setattr(events, "HEARTBEAT_SEC", 0.5)
    await plugin.until_idle()
    async with contextlib.AsyncExitStack() as open_ones:
        kept = []
        for _ in range(50):
            reader, writer = await asyncio.open_connection(plugin.client.host, plugin.client.port)
            kept.append((reader, writer))  # never read from
            open_ones.callback(writer.transport.abort)
            writer.write(b"GET /fingerprint/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await eventually(lambda: service(plugin.app).listeners == 50)
        tone_file(library / "a.wav")
        await plugin.post("/scan", status=202)
        assert (await plugin.until(lambda status: status["counts"]["done"] == 1))["state"]
    await eventually(lambda: service(plugin.app).listeners == 0)


async def test_concurrent_batches_are_limited(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of concurrent batches is limited; a disconnect frees a place."""
    monkeypatch.setattr(api, "MAX_BATCHES", 3)
    head = b"POST /fingerprint/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    async def until_answered(status: int) -> Any:
        async with asyncio.timeout(LIMIT_SEC):
            while True:
                async with plugin.client.post(f"{PREFIX}/batch", json={"items": []}) as response:
                    if response.status == status:
                        return await response.read()
                await asyncio.sleep(0.05)

    async with contextlib.AsyncExitStack() as open_ones:
        kept = []
        for _ in range(3):
            kept.append(await asyncio.open_connection(plugin.client.host, plugin.client.port))
            open_ones.callback(kept[-1][1].transport.abort)
            kept[-1][1].write(head + b'Content-Length: 99\r\n\r\n{"items"')  # the rest never follows
        assert b"too_many_batches" in await until_answered(429)
        await plugin.until_healthy()
    await until_answered(200)


async def test_control_characters_in_logs(plugin: Plugin, library: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Log injection: file names and paths cannot add lines or control sequences to the log."""
    caplog.set_level(logging.DEBUG, "auralis_fp")
    name = "a\n2026-01-01 ERROR auralis_fp: forged \x1b[31m\u202e.wav"
    tone_file(library / name, 0.001)
    await plugin.ask(library / name, status=422)
    await raw(plugin, b"GET /fingerprint/x%0d%0aforged%1b[31m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert any("forged" in record.getMessage() for record in caplog.records)
    for record in caplog.records:
        if record.name.startswith("auralis_fp"):
            assert record.getMessage().isprintable()


async def test_errors_disclose_nothing(host: Host, library: Path, tmp_path: Path) -> None:
    """Error responses disclose no local path, traceback or library message, also after a failed start."""
    (library / "broken.flac").write_bytes(b"fLaC" + bytes(4000))
    (library / "text.mp3").write_bytes(b"no music " * 500)
    plugin = await host()
    answers = [
        await plugin.ask(library / "broken.flac", status=400),
        await plugin.ask(library / "text.mp3", status=415),
        await plugin.ask(library / "none.wav", status=404),
        await plugin.get("/files?after=x", status=400),
        await plugin.get("/tracks/99", status=404),
        await plugin.post("/scan", {"folder": str(library.parent)}, status=403),
    ]
    in_the_way = tmp_path / CANARY / "file"
    in_the_way.write_text("not a folder")
    broken = await host(data_dir=in_the_way)
    answers.append(await broken.get("/status", status=503))
    for answer in answers:
        assert sorted(answer) == ["code", "detail", "error"]
        for leak in (CANARY, "Traceback", "Error", "sqlite", "libav", "errno", str(tmp_path)):
            assert leak not in str(answer), answer
