"""Commit of results: nothing is lost."""

import os
from pathlib import Path
from typing import Any

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from disks import small_disk
from hosting import eventually, tone_file
from serving import until_counts


def folder(status: dict[str, Any]) -> dict[str, Any]:
    """Return the only music folder of a status."""
    (only,) = status["folders"]
    return dict(only)


async def test_an_unplugged_disk_loses_nothing(settings: Settings, library: Path) -> None:
    """The empty mount point is offline, none of its files failed or gone; back again, nothing is analysed."""
    with small_disk(library) as disk:
        for number in range(3):
            tone_file(library / f"{number}.wav", 1 + number / 10)
        async with Service(settings).running() as service:
            await until_counts(service, done=3)
            copies = {path.name: path.read_bytes() for path in library.iterdir()}
            stamps = {path.name: path.stat().st_mtime_ns for path in library.iterdir()}
            disk.unmount()
            service.scan()
            await eventually(lambda: service.state() == "offline")
            assert (await service.status())["counts"]["done"] == 3
            with small_disk(library):
                for name, content in copies.items():
                    (library / name).write_bytes(content)
                    os.utime(library / name, ns=(stamps[name], stamps[name]))
                service.scan()
                await eventually(lambda: service.state() == "idle")
                await until_counts(service, done=3, total=3, failed=0)
                assert service.analyses == (3, 0)
