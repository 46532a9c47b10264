"""Throttling of background jobs: pause switch, quiet hours, playback and load by other programs."""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

from ..runtime.tasks import happens_within
from ..states import ServiceState

PLAYING_LASTS: Final = timedelta(hours=1)  # unless repeated: a host may end without notice
CLOCK_TOLERANCE: Final = timedelta(minutes=1)  # a clock set back by more ends playback that seems to last longer
CLOCK_CHECK_SEC: Final = 60.0  # the clock may be set while jobs wait


class QuietHours:
    """A daily span in local time, such as 23:00-07:00.

    Parameters
    ----------
    text : str
        As in the settings; empty for no quiet hours.
    """

    def __init__(self, text: str) -> None:
        start, _, end = text.partition("-")
        self.start: time | None = time.fromisoformat(start) if start else None
        self.end: time | None = time.fromisoformat(end) if end else None

    def until(self, now: datetime) -> datetime | None:
        """Return the end of the quiet hours, or None if *now* lies outside them."""
        if self.start is None or self.end is None:
            return None
        clock = now.time()
        inside = self.start <= clock < self.end if self.start <= self.end else clock >= self.start or clock < self.end
        if not inside:
            return None
        end = datetime.combine(now.date(), self.end, now.tzinfo)
        return end if end > now else end + timedelta(days=1)


class BackgroundGate:
    """Decides whether background jobs may start. Requested analyses do not pass through it.

    Parameters
    ----------
    quiet_hours : str
        As in the settings.
    now : callable, optional
        Returns the local time with its zone.
    """

    def __init__(self, quiet_hours: str = "", now: Callable[[], datetime] | None = None) -> None:
        self.paused = False
        self.machine_busy = False
        self._quiet = QuietHours(quiet_hours)
        self._now = now or (lambda: datetime.now().astimezone())
        self._plays_until: datetime | None = None
        self._anyway_until: datetime | None = None
        self._changed = asyncio.Event()
        self.elsewhere: Callable[[], bool] = lambda: False  # whether other machines go on while this one waits

    def pause(self, *, paused: bool) -> None:
        """Pause or resume background jobs."""
        self.paused = paused
        self._changed.set()

    def playing(self, *, playing: bool) -> None:
        """Record whether the host is playing audio. The host must repeat ``True`` at least hourly."""
        self._plays_until = self._now() + PLAYING_LASTS if playing else None
        self._changed.set()

    def busy(self, *, busy: bool) -> None:
        """Record whether other programs keep the machine busy."""
        self.machine_busy = busy
        self._changed.set()

    def set_quiet_hours(self, text: str) -> None:
        """Replace the quiet hours, as in the settings."""
        self._quiet = QuietHours(text)
        self._changed.set()

    def work_anyway(self) -> bool:
        """Ignore the quiet hours until they end; return False outside quiet hours."""
        self._anyway_until = self._quiet.until(self._now())
        self._changed.set()
        return self._anyway_until is not None

    def blocked_by(self) -> ServiceState | None:
        """Return the reason why background jobs must wait, or None if they may start."""
        if self.paused:
            return ServiceState("paused", "Paused by you.")
        now = self._now()
        if self._plays_until is not None and now < self._plays_until <= now + PLAYING_LASTS + CLOCK_TOLERANCE:
            return ServiceState("waiting_for_playback", "Waiting while music plays.")
        end = self._quiet.until(now)
        if end is not None and end != self._anyway_until:
            return ServiceState("quiet_hours", f"Quiet hours until {end:%H:%M}.", end.timestamp())
        if self.machine_busy:
            return ServiceState("waiting_for_machine", "Waiting while other programs keep the machine busy.")
        return None

    def blocks_all(self) -> bool:
        """Return True if background jobs must wait on other machines, too."""
        reason = self.blocked_by()
        return reason is not None and (reason.state == "paused" or not self.elsewhere())

    def notify(self) -> None:
        """Ask ``elsewhere`` again: machines have come or gone."""
        self._changed.set()

    async def wait_anywhere(self) -> None:
        """Return when background jobs may start on some machine."""
        await self._wait_while(self.blocks_all)

    async def wait(self) -> None:
        """Return when background jobs may start on this machine."""
        await self._wait_while(lambda: self.blocked_by() is not None)

    async def _wait_while(self, blocked: Callable[[], bool]) -> None:
        while blocked():
            self._changed.clear()
            now = self._now()
            ends = [end for end in (self._quiet.until(now), self._plays_until) if end is not None and end > now]
            limit = min(max(1.0, (min(ends) - now).total_seconds()), CLOCK_CHECK_SEC) if ends else None
            await happens_within(self._changed, limit)
