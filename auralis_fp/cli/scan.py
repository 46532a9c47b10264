"""``scan``: fingerprint everything under some folders into the database and sidecars."""

import asyncio
import sys
import time
from collections.abc import AsyncIterable
from dataclasses import dataclass, field, replace
from typing import Final

from ..engine.service import Service
from ..engine.snapshot import LeftOutEntries, Status
from ..errors import AuralisError
from ..runtime.event_bus import Event
from ..runtime.tasks import cancel_and_wait
from ..settings import Settings, WorkHere
from .progress import ScanProgress, scan_progress

POLL_SEC: Final = 0.1
STALL_SEC: Final = 60.0
NAMED: Final = 10  # failed files listed at the end


class ScanFailedError(AuralisError):
    """The scan could not start; the message states the reason."""


@dataclass(slots=True)
class _Tally:
    """Outcomes of this run."""

    analysed: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


async def scan(settings: Settings) -> int:
    """Fingerprint new and changed files; an interrupted scan is resumed.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed or a folder could not be read.

    Raises
    ------
    ScanFailedError
        The service cannot start, for example because the database is in use.
    """
    started = time.monotonic()
    work_here: WorkHere = "all" if settings.workers else "nothing"  # with a cluster; else it changes nothing
    service = Service(
        replace(settings, watching="off", quiet_hours="", busy_percent=0, work_here=work_here)
    )  # an explicit scan is not throttled
    tally = _Tally()
    async with service.running():
        if service.fault is not None:
            raise ScanFailedError(service.fault)
        with service.subscribe() as events, scan_progress() as progress:
            follower = asyncio.create_task(_follow(events, tally, progress), name="progress")
            try:
                status = await _until_done(service, progress)
            finally:
                await cancel_and_wait(follower)
    return _summary(status, tally, time.monotonic() - started)


async def _follow(events: AsyncIterable[Event], tally: _Tally, progress: ScanProgress) -> None:
    async for event in events:
        if event.name == "result":
            tally.analysed += 1
            progress.name(event.data["path"])
        elif event.name == "failure":
            tally.failed.append((event.data["path"], event.data["reason"]))
            progress.name(event.data["path"])


async def _until_done(service: Service, progress: ScanProgress) -> Status:
    """Wait until two consecutive snapshots show no work: counts and folders are not read at the same instant."""
    finished_before = False
    stall = _StallDetector()
    while True:
        status = await service.snapshot()
        stall.check(status)
        if status.paused:
            raise ScanFailedError("background work is paused; resume it on the status page first")
        counts = status.counts
        progress.counts(counts.done + counts.failed, counts.total, status.eta_sec)
        finished = _finished(status) and not await service.unconfirmed()
        if finished and finished_before:
            return status
        finished_before = finished
        await asyncio.sleep(POLL_SEC)


class _StallDetector:
    """Ends a scan that makes no progress because of a fault, so that it always has an exit code."""

    def __init__(self) -> None:
        self._progress: object = None
        self._since = time.monotonic()

    def check(self, status: Status) -> None:
        """Raise ``ScanFailedError`` if nothing has changed for long and the service reports faults."""
        folders = [(folder.files, folder.last_scan) for folder in status.folders]
        progress = (status.counts, folders, [worker.decoded_sec for worker in status.workers])
        if progress != self._progress:
            self._progress, self._since = progress, time.monotonic()
        elif status.health.reasons and time.monotonic() - self._since > STALL_SEC:
            raise ScanFailedError(f"no progress for {STALL_SEC:.0f} s: {' '.join(status.health.reasons)}")


def _finished(status: Status) -> bool:
    looked = all(
        not folder.scanning and (folder.last_scan is not None or not folder.online) for folder in status.folders
    )
    return looked and not (status.counts.outdated or status.counts.pending or status.counts.running)


def _summary(status: Status, tally: _Tally, seconds: float) -> int:
    counts = status.counts
    unreadable = [folder for folder in status.folders if not folder.online]
    for folder in status.folders:
        if folder.reason:
            _warn(f"{folder.path}: {folder.reason}")
        for entry in folder.left_out:
            _warn(f"{folder.path}: {_left_out(entry)}")
    for path, reason in tally.failed[:NAMED]:
        _warn(f"{path}: {reason.strip().splitlines()[-1] if reason.strip() else 'failed'}")
    if counts.failed:
        _warn("`auralis-fp failures` lists all failed files.")
    unchanged = max(0, counts.done - tally.analysed)
    print(f"{tally.analysed} done, {counts.failed} failed, {unchanged} unchanged in {seconds:.1f} s")
    return 1 if counts.failed or unreadable else 0


def _left_out(entry: LeftOutEntries) -> str:
    what = f"{entry.count} {entry.suffix} left out" if entry.suffix else f"{entry.count} left out"
    change = f"; the setting {entry.setting} changes this" if entry.setting else ""
    return f"{what} ({entry.text}{change}), such as {entry.examples[0]}"


def _warn(text: str) -> None:
    print(text.encode("ascii", "backslashreplace").decode("ascii"), file=sys.stderr)
