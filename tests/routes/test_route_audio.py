"""The audio of files over HTTP: ranges, conditions, protections, and files that change."""

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientPayloadError

from auralis_fp import service
from auralis_fp.engine import audio
from hosting import PREFIX, SHARED, Host, Plugin, eventually, long_file, swapping, tone_file
from patience import LIMIT_SEC

pytestmark = pytest.mark.every_way

SECONDS = 20.0


async def file_id(plugin: Plugin, path: Path, **options: Any) -> int:
    """Return our id of a file, found by a scan and not analysed."""
    async with plugin.client.post(f"{PREFIX}/pause", **options):
        pass
    await plugin.post("/scan", status=202, **options)
    give_up = time.monotonic() + LIMIT_SEC
    while time.monotonic() < give_up:
        found = (await plugin.get("/files", params={"path": str(path)}, **options))["items"]
        if found:
            return int(found[0]["id"])
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path.name} was not found")


async def fetch(plugin: Plugin, file: int, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    """Return status, headers and body of the audio of a file."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with plugin.client.request(method, f"{PREFIX}/files/{file}/audio", headers=named) as response:
        return response.status, response.headers, await response.read()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def song(shared: Plugin, shared_library: Path) -> tuple[int, bytes]:
    """Return the id and the content of a WAV file."""
    path = tone_file(shared_library / "song.wav", SECONDS)
    return await file_id(shared, path), path.read_bytes()


@SHARED
async def test_whole_file(shared: Plugin, song: tuple[int, bytes]) -> None:
    """Without a range the whole file is sent, with its type and an entity tag that answers 304."""
    number, content = song
    status, headers, body = await fetch(shared, number)
    assert (status, body == content, headers["Content-Type"]) == (200, True, "audio/wav")
    assert (headers["Accept-Ranges"], headers["Content-Length"]) == ("bytes", str(len(content)))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await fetch(shared, number, If_None_Match=headers["ETag"]))[0] == 304
    head = await fetch(shared, number, "HEAD")
    assert (head[0], head[1]["Content-Length"], head[1]["ETag"]) == (200, str(len(content)), headers["ETag"])


@SHARED
@pytest.mark.parametrize(
    ("given", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, None),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=1000-99999999", 1000, None),
        ("bytes=-500", -500, None),
        ("bytes=-99999999", 0, None),
        ("Bytes = 10 - 19", 10, 20),
    ],
)
async def test_ranges(shared: Plugin, song: tuple[int, bytes], given: str, start: int, stop: int | None) -> None:
    """A range is answered with exactly its bytes, clipped to the file."""
    number, content = song
    status, headers, body = await fetch(shared, number, Range=given)
    assert (status, body) == (206, content[start:stop])
    first = start % len(content)
    assert headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/{len(content)}"
    assert headers["Content-Length"] == str(len(body))


@SHARED
@pytest.mark.parametrize("given", ["bytes=99999999-", "bytes=-0", "bytes=99999999-999999999"])
async def test_ranges_beyond_the_end(shared: Plugin, song: tuple[int, bytes], given: str) -> None:
    """A range without a byte of the file is answered 416 with the size."""
    number, content = song
    status, headers, body = await fetch(shared, number, Range=given)
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert b"range_not_satisfiable" in body


@SHARED
@pytest.mark.parametrize(
    "given",
    [
        "bytes=5-1",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,4-5",
        "bytes=1",
        "bytes=١-٢",
        "bytes=" + "9" * 400 + "-",
    ],
)
async def test_other_ranges_are_ignored(shared: Plugin, song: tuple[int, bytes], given: str) -> None:
    """Invalid ranges, other units and several ranges are answered with the whole file."""
    number, content = song
    status, _, body = await fetch(shared, number, Range=given)
    assert (status, len(body)) == (200, len(content))


@SHARED
async def test_if_range(shared: Plugin, song: tuple[int, bytes]) -> None:
    """A range applies only to the state of the file that If-Range names."""
    number, content = song
    _, headers, _ = await fetch(shared, number, "HEAD")
    for condition in (headers["ETag"], headers["Last-Modified"]):
        assert (await fetch(shared, number, Range="bytes=0-9", If_Range=condition))[0] == 206
    for condition in ('"other"', f"W/{headers['ETag']}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        status, _, body = await fetch(shared, number, Range="bytes=0-9", If_Range=condition)
        assert (status, len(body)) == (200, len(content))


@SHARED
async def test_200_range_requests_at_once(shared: Plugin, song: tuple[int, bytes]) -> None:
    """All are answered with their own bytes, and the API answers meanwhile."""
    number, content = song
    size = len(content)

    async def part(index: int) -> bool:
        start = index * (size // 250)
        return (await fetch(shared, number, Range=f"bytes={start}-"))[2] == content[start:]

    parts = asyncio.gather(*(part(index) for index in range(200)))
    for _ in range(10):
        async with asyncio.timeout(LIMIT_SEC):
            await shared.get("/status")
    assert all(await parts)


@SHARED
async def test_unknown_files(shared: Plugin) -> None:
    """An id that no file has is answered 404."""
    for number in (999_999, 2**63):
        assert (await fetch(shared, number))[0] == 404
        assert (await fetch(shared, number, "HEAD"))[0] == 404


@SHARED
async def test_protections(shared: Plugin, song: tuple[int, bytes]) -> None:
    """The audio has the protections of all other routes."""
    assert (await fetch(shared, song[0], Host="evil.example"))[0] == 403
    assert (await fetch(shared, song[0], Origin="http://evil.example"))[0] == 403
    assert (await fetch(shared, song[0], Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors"))[0] == 403


async def test_token(host: Host, library: Path) -> None:
    """The audio needs the token where one is set."""
    secret = "correct-horse-battery"  # noqa: S105 - a fixed test value
    plugin = await host(token=secret)
    bearer = {"Authorization": f"Bearer {secret}"}
    number = await file_id(plugin, tone_file(library / "a.wav"), headers=bearer)
    assert (await fetch(plugin, number))[0] == 401
    assert (await fetch(plugin, number, **bearer))[0] == 200


@SHARED
async def test_formats_that_browsers_do_not_play(shared: Plugin, shared_library: Path) -> None:
    """The content decides: an unplayable one is refused with a sentence, whatever its name."""
    sample = Path(__file__).parent.parent / "support" / "samples" / "tones.ape"
    for name in ("monkey.ape", "monkey.mp3"):
        shutil.copy(sample, shared_library / name)
        status, _, body = await fetch(shared, await file_id(shared, shared_library / name))
        assert (status, b"not_playable" in body, b"browsers do not play" in body) == (415, True, True)


async def test_replaced_file(plugin: Plugin, library: Path) -> None:
    """A response that has begun ends with the old file; the old condition no longer applies to the new one."""
    path = tone_file(library / "a.wav", SECONDS)
    number, old = await file_id(plugin, path), path.read_bytes()
    async with plugin.client.get(f"{PREFIX}/files/{number}/audio") as response:
        beginning = await response.content.readexactly(1000)
        tone_file(path, 2 * SECONDS, hz=880.0)
        assert beginning + await response.read() == old
    condition = response.headers["ETag"]
    status, headers, body = await fetch(plugin, number, Range="bytes=1000-1999", If_Range=condition)
    assert (status, body == path.read_bytes(), headers["ETag"] != condition) == (200, True, True)


async def test_file_rewritten_in_place(plugin: Plugin, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response is broken off rather than ended with the bytes of another state of the file."""
    monkeypatch.setattr("auralis_fp.routes.audio.BLOCK_BYTES", 4096)
    path = long_file(library / "a.wav", 3000)
    number = await file_id(plugin, path)
    size = path.stat().st_size
    async with plugin.client.get(f"{PREFIX}/files/{number}/audio") as response:
        await response.content.readexactly(1000)
        os.truncate(path, size // 2)
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_folder_gone(plugin: Plugin, library: Path) -> None:
    """What has been opened is sent to the end; then the file is missing, and comes back with its folder."""
    path = tone_file(library / "a.wav", SECONDS)
    number, content, away = await file_id(plugin, path), path.read_bytes(), library.with_name("away")
    async with plugin.client.get(f"{PREFIX}/files/{number}/audio") as response:
        library.rename(away)
        assert await response.read() == content
    assert (await fetch(plugin, number))[0] == 404
    away.rename(library)
    assert (await fetch(plugin, number))[2] == content


async def test_links_out_of_the_library(plugin: Plugin, library: Path, tmp_path: Path) -> None:
    """A file that has become a link to one outside is refused, however often the link is changed."""
    inside, outside = tone_file(library / "b.wav"), tone_file(tmp_path / "secret.wav", 2.0)
    path = tone_file(library / "a.wav")
    number = await file_id(plugin, path)
    path.unlink()
    path.symlink_to(outside)
    assert (await fetch(plugin, number))[0] == 403
    secret = outside.read_bytes()
    with swapping(path, inside, outside):
        for _ in range(100):
            assert (await fetch(plugin, number))[2] != secret


async def test_pipes_and_folders(plugin: Plugin, library: Path) -> None:
    """A file that has become a pipe or a folder is refused at once."""
    path = tone_file(library / "a.wav")
    number = await file_id(plugin, path)
    path.unlink()
    path.mkdir()
    assert (await fetch(plugin, number))[0] == 415
    path.rmdir()
    os.mkfifo(path)
    async with asyncio.timeout(LIMIT_SEC):
        assert (await fetch(plugin, number))[0] == 415


@pytest.mark.slow
async def test_bounded_number_of_streams(plugin: Plugin, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more player than allowed is answered 429, and plays when another has stopped."""
    monkeypatch.setattr(audio, "OPEN_WAIT_SEC", 0.2)
    path = long_file(library / "a.wav", 3000)
    number = await file_id(plugin, path)
    held = [await plugin.client.get(f"{PREFIX}/files/{number}/audio") for _ in range(audio.MAX_OPEN)]
    try:
        status, headers, body = await fetch(plugin, number)
        assert (status, b"too_many_streams" in body, "Retry-After" in headers) == (429, True, True)
        assert (await fetch(plugin, 999_999))[0] == 429  # files are looked up when there is a place
    finally:
        for response in held:
            response.close()
    free = service(plugin.app).audio._open
    await eventually(lambda: not free.locked())
    assert (await fetch(plugin, number, Range="bytes=0-9"))[0] == 206


async def test_a_paused_player_does_not_delay_the_end(host: Host, library: Path) -> None:
    """The service stops although a player has not read its response."""
    plugin = await host()
    number = await file_id(plugin, long_file(library / "a.wav", 3000))
    response = await plugin.client.get(f"{PREFIX}/files/{number}/audio")
    async with asyncio.timeout(LIMIT_SEC):
        await plugin.client.close()
    response.close()


@pytest.mark.slow
async def test_a_disk_that_does_not_answer(plugin: Plugin, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose disk hangs is answered 503 in time, and the API is not delayed."""
    number = await file_id(plugin, tone_file(library / "a.wav"))
    real, hang = audio.AudioFile.read, threading.Event()

    def hanging(file: audio.AudioFile, offset: int, length: int) -> bytes:
        hang.wait(20)
        return real(file, offset, length)

    monkeypatch.setattr(audio, "READ_LIMIT_SEC", 0.3)
    monkeypatch.setattr(audio.AudioFile, "read", hanging)
    answers = await asyncio.gather(*(fetch(plugin, number) for _ in range(20)), plugin.get("/status"))
    assert {answer[0] for answer in answers[:-1]} == {503}
    hang.set()
