"""Care for the database while the service runs: checks, repair of single rows, and backups."""

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from ..runtime.tasks import FIRST_RETRY_SEC, Backoff
from ..runtime.threads import in_daemon_thread, in_time
from ..settings import Settings
from ..sidecars.storage import remove_signed, remove_stray
from ..store.confirmation import Confirmations
from ..store.forgetting import forget, take_strays
from ..store.integrity import back_up, inspect
from ..store.recovery import identity_of, is_in_place
from .context import Context

log = logging.getLogger(__name__)

FIRST_CHECK_SEC: Final = 1.0
CHECK_EVERY_SEC: Final = 6 * 3600.0
BACKUP_EVERY_SEC: Final = 24 * 3600.0
DISK_LIMIT_SEC: Final = 30.0
NAMED: Final = 3  # files named in the fault
PAGES: Final = "database pages"
ROWS: Final = "stored results"
BACKUP: Final = "database backup"
FOLDER: Final = "data folder"
FOLDER_CHECK_SEC: Final = 5.0
_MOVED: Final = "It was moved or removed; what is stored from now on is lost at the next start. Restart the service."


class Maintenance:
    """Checks the database by schedule and keeps a backup of a sound one.

    Parameters
    ----------
    context : Context
    on_queued : callable
        Called when files were queued.
    """

    def __init__(self, context: Context, on_queued: Callable[[], None]) -> None:
        self._context = context
        self._on_queued = on_queued

    async def run(self) -> None:
        """Check and back up by schedule; runs until cancelled."""
        await asyncio.sleep(FIRST_CHECK_SEC)
        while True:
            due = time.monotonic() + CHECK_EVERY_SEC
            await self.check()
            await self.forget()
            backoff = Backoff(FIRST_RETRY_SEC, CHECK_EVERY_SEC)
            while BACKUP in self._context.health.faults and time.monotonic() < due:
                await asyncio.sleep(backoff.next())
                await self._back_up()
            await asyncio.sleep(due - time.monotonic())

    async def watch_folder(self) -> None:
        """Report a data folder that is moved, removed or hidden while the database is open; runs until cancelled."""
        health, database = self._context.health, self._context.settings.database
        opened = await in_daemon_thread(identity_of, database)
        while True:
            await asyncio.sleep(FOLDER_CHECK_SEC)
            in_place = await in_daemon_thread(is_in_place, database, opened)
            if in_place and FOLDER in health.faults:
                health.mark_up(FOLDER)
            elif not in_place and FOLDER not in health.faults:
                log.error("the data folder %s: %s", database.parent, _MOVED)
                health.mark_down(FOLDER, _MOVED)

    async def check(self) -> None:
        """Check the database, queue the files of damaged rows, and make a backup if the pages are sound."""
        health, database = self._context.health, self._context.settings.database
        if FOLDER in health.faults:
            return
        report = await in_daemon_thread(inspect, database)
        if report.pages is not None:
            log.error("the database is damaged: %s", report.pages)
            health.mark_down(PAGES, f"The database is damaged ({report.pages}); start again with --rebuild.")
            return
        health.mark_up(PAGES)
        confirmations = Confirmations(self._context.library.database)
        for file_id, path in report.rows:
            log.error("the stored result of %r is damaged; it is restored or computed again", path)
            await confirmations.refute(file_id)
        if report.rows:
            names = ", ".join(os.fsdecode(path or b"?") for _, path in report.rows[:NAMED])
            more = f" and {len(report.rows) - NAMED} more" if len(report.rows) > NAMED else ""
            health.mark_down(
                ROWS, f"The stored results of {names}{more} were damaged; they are restored or computed again."
            )
            self._on_queued()
        else:
            health.mark_up(ROWS)
        await self._back_up()

    async def _back_up(self) -> None:
        """Make a backup if the last one is old; one that fails, such as on a full disk, is tried again soon."""
        health = self._context.health
        try:
            await in_daemon_thread(back_up, self._context.settings.database, BACKUP_EVERY_SEC)
        except (OSError, sqlite3.Error) as error:
            health.mark_down(BACKUP, f"The database could not be backed up: {error}.")
        else:
            health.mark_up(BACKUP)

    async def forget(self) -> None:
        """Forget files that have been gone for long, and remove their sidecars and those that were left behind."""
        settings, days = self._context.settings, self._context.settings.keep_missing_days
        database, after = self._context.library.database, days * 86_400.0
        while days and (paths := await forget(database, after)):
            log.info("%d files have been gone for %g days and are forgotten", len(paths), days)
            for path in paths:
                await _try(remove_stray, path, settings)
        while days and (strays := await take_strays(database, after)):
            for place in strays:
                if await _try(remove_signed, place, settings):
                    log.info("%r is removed: its track has been gone for %g days", place, days)


async def _try(remove: Callable[[bytes, Settings], object], path: bytes, settings: Settings) -> object:
    """Remove something; return None if its disk refuses or does not answer."""
    with contextlib.suppress(OSError):
        return await in_time(DISK_LIMIT_SEC, remove, path, settings)
    return None
