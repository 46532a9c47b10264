"""States of the service: pausing, and folders that are away."""

import asyncio
from dataclasses import replace
from pathlib import Path

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from hosting import eventually, long_file, tone_file
from patience import LIMIT_SEC
from serving import until_counts


async def state(service: Service) -> str:
    """Return the state in the status."""
    return str((await service.status())["state"])


async def until_state(service: Service, name: str) -> str:
    """Wait for a state; return its reason."""
    async with asyncio.timeout(LIMIT_SEC):
        while True:
            status = await service.status()
            if status["state"] == name:
                return str(status["reason"])
            await asyncio.sleep(0.02)


def decoding(service: Service) -> bool:
    """Return True if a file is being decoded."""
    return any(one.decoded_sec and one.state == "working" for one in service._live.context.pool.states())


async def test_pausing_until_running_files_end(settings: Settings, library: Path) -> None:
    """A file in progress is finished; until then the service is pausing, afterwards paused."""
    long_file(library / "long.wav", 3600)
    async with Service(settings).running() as service:
        await eventually(lambda: decoding(service))
        await service.pause()
        assert await until_state(service, "pausing") == "Paused by you. One track is still being analysed."
        assert await until_state(service, "paused") == "Paused by you."
        await service.resume()
        await until_state(service, "idle")


async def test_playback_while_a_file_is_running(settings: Settings, library: Path) -> None:
    """The same applies to playback, which delays nothing once no file is left."""
    long_file(library / "long.wav", 3600)
    async with Service(settings).running() as service:
        await eventually(lambda: decoding(service))
        service.playing(playing=True)
        assert (await until_state(service, "pausing")).startswith("Waiting while music plays.")
        assert await until_state(service, "idle") == "Everything is up to date."


async def test_a_requested_file_is_work_in_spite_of_a_pause(settings: Settings, library: Path) -> None:
    """Only background jobs pause: a requested analysis is shown as working."""
    async with Service(settings).running() as service:
        await service.pause()
        song = long_file(library / "long.wav", 3600)
        request = asyncio.create_task(service.fingerprint(str(song)))
        await eventually(lambda: decoding(service))
        assert await state(service) == "working"
        await request
        assert await state(service) == "paused"


async def test_all_that_is_left_is_away(settings: Settings, library: Path, tmp_path: Path) -> None:
    """If the queued files lie in a folder that is away the service is offline, although another folder is there."""
    tone_file(library / "here.wav")
    second = tmp_path / "second"
    second.mkdir()
    async with Service(replace(settings, libraries=(library, second))).running() as service:
        await until_counts(service, done=1)
        await service.pause()
        tone_file(second / "there.wav", 2.0)
        service.scan()
        await until_counts(service, done=1, pending=1)
        second.rename(tmp_path / "unplugged")
        service.scan()
        await eventually(lambda: not service._live.watcher.folders()[1].online)
        await service.resume()
        assert (await until_state(service, "offline")).startswith("1 track to go. All of them")
        (tmp_path / "unplugged").rename(second)
        service.scan()
        await until_counts(service, done=2)
        assert await state(service) == "idle"


def broken(folder: Path, number: int) -> None:
    """Create files that have the name of music but hold something else."""
    for index in range(number):
        (folder / f"broken {index}.mp3").write_bytes(b"no music" * 100)


async def test_broken_files_do_not_prevent_full_coverage(settings: Settings, library: Path) -> None:
    """Six broken files beside one song: all that can be analysed is."""
    broken(library, 6)
    tone_file(library / "song.wav")
    async with Service(settings).running() as service:
        status = await until_counts(service, done=1, failed=6)
        assert (status["percent"], status["counts"]["total"]) == (100, 7)
        assert await until_state(service, "idle") == "All is done but 6 files that could not be used."


async def test_coverage_while_paused_counts_what_waits(settings: Settings, library: Path) -> None:
    """Broken files are in neither part of the ratio, and a file that waits is in one."""
    broken(library, 2)
    tone_file(library / "song.wav")
    async with Service(settings).running() as service:
        await until_counts(service, done=1, failed=2)
        await service.pause()
        tone_file(library / "next.wav", 2.0)
        service.scan()
        status = await until_counts(service, pending=1)
        assert (status["state"], status["percent"]) == ("paused", 50)


async def test_a_library_of_nothing_but_broken_files(settings: Settings, library: Path) -> None:
    """There is nothing left to do, and the files are named."""
    broken(library, 3)
    async with Service(settings).running() as service:
        status = await until_counts(service, failed=3)
        assert status["percent"] == 100
        assert await until_state(service, "idle") == "All is done but 3 files that could not be used."


async def test_a_library_without_any_music(settings: Settings, library: Path) -> None:
    """Files of other formats are no music, and nothing is claimed to be done."""
    (library / "song.mid").write_bytes(b"MThd")
    async with Service(settings).running() as service:
        assert await until_state(service, "idle") == "No music has been found yet."
        assert (await service.status())["percent"] == 0


async def test_all_folders_are_away(settings: Settings, library: Path, tmp_path: Path) -> None:
    """Results stay, but the service does not claim that it is up to date."""
    tone_file(library / "song.wav")
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        library.rename(tmp_path / "unplugged")
        service.scan()
        assert await until_state(service, "offline") == "No music folder can be read at the moment."
        status = await service.status()
        assert (status["counts"]["done"], status["health"]["status"]) == (1, "degraded")
