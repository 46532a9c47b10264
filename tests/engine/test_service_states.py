"""States of the service: pausing, and folders that are away."""

import asyncio
from dataclasses import replace
from pathlib import Path

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from hosting import eventually, long_file, tone_file
from serving import until_counts


async def state(service: Service) -> str:
    """Return the state in the status."""
    return str((await service.status())["state"])


async def until_state(service: Service, name: str) -> str:
    """Wait for a state; return its reason."""
    async with asyncio.timeout(30):
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
    long_file(library / "long.wav", 600)
    async with Service(settings).running() as service:
        await eventually(lambda: decoding(service))
        await service.pause()
        assert await until_state(service, "pausing") == "Paused by you. One track is still being analysed."
        assert await until_state(service, "paused") == "Paused by you."
        await service.resume()
        await until_state(service, "idle")


async def test_playback_while_a_file_is_running(settings: Settings, library: Path) -> None:
    """The same applies to playback, which delays nothing once no file is left."""
    long_file(library / "long.wav", 600)
    async with Service(settings).running() as service:
        await eventually(lambda: decoding(service))
        service.playing(playing=True)
        assert (await until_state(service, "pausing")).startswith("Waiting while music plays.")
        assert await until_state(service, "idle") == "Everything is up to date."


async def test_a_requested_file_is_work_in_spite_of_a_pause(settings: Settings, library: Path) -> None:
    """Only background jobs pause: a requested analysis is shown as working."""
    async with Service(settings).running() as service:
        await service.pause()
        song = long_file(library / "long.wav", 600)
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
