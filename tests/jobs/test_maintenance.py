"""Care for the database while the service runs."""

import os
from pathlib import Path

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from auralis_fp.store.integrity import backup_of
from hosting import eventually, tone_file
from serving import until_counts


async def test_a_backup_that_failed_is_tried_again_soon(settings: Settings, library: Path) -> None:
    """The service is healthy again once the way is free, long before the next check of the database."""
    tone_file(library / "song.wav")
    place = backup_of(settings.database)
    place.mkdir(parents=True)
    os.utime(place, (0, 0))  # a backup that is old
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        health = service._live.context.health
        await eventually(lambda: "database backup" in health.faults)
        place.rmdir()
        await eventually(lambda: "database backup" not in health.faults)
    assert place.is_file()
