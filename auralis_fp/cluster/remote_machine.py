"""A machine of the cluster as the service sees it: whether it may work, what it works on, what it has done."""

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ..states import MachineState
from .handshake import CurrentFile, Hello, read_load, remark
from .messages import Report

WINDOW: Final = 2  # files out per slot: while one is analysed, the next is on its way
SILENT_SEC: Final = 30.0  # without a heartbeat, after which its jobs are given to others
RATE_SEC: Final = 120.0
TROUBLES_TO_BAR: Final = 3  # files in a row that it does not have as they are here
BARRED_SEC: Final = 600.0
UNAVAILABLE_SEC: Final = 10.0
_LAG_WEIGHT: Final = 0.1  # of the newest file in the mean


@dataclass(slots=True)
class Totals:
    """What machines of one name have done since the start of the service: they may leave and come back.

    ``lost`` counts files that were begun again because the machine or the connection was lost.
    """

    analysed: int = 0
    failed: int = 0
    lost: int = 0
    audio_sec: float = 0.0
    finished: deque[float] = field(default_factory=deque)  # times of the last minutes
    lag_sec: float | None = None


@dataclass(slots=True)
class RemoteMachine:
    """State of one machine, from its registration until it leaves.

    Parameters
    ----------
    address : str
        At the scheduler.
    name : str
        As users see it.
    hello : Hello or None
        Its greeting; None if it sent none that can be read.
    refused : str
        Why it may never work for this service; empty if it may.
    totals : Totals
        Of all machines of its name.
    """

    address: str
    name: str
    hello: Hello | None
    refused: str
    totals: Totals = field(default_factory=Totals)
    allowed: int = 0  # slots that may be used
    leased: int = 0  # of the window
    silent_sec: float = 0.0
    barred_until: float = 0.0
    barred_for: str = ""
    troubles: int = 0  # in a row
    remark: str = ""
    files: list[CurrentFile] = field(default_factory=list)

    @property
    def slots(self) -> int:
        """The slots that it offers."""
        return 0 if self.hello is None else self.hello.slots

    def is_silent(self) -> bool:
        """Return True if it has not been heard for so long that its jobs are given to others."""
        return self.silent_sec >= SILENT_SEC

    def usable(self) -> bool:
        """Return True if it may be given files now."""
        return not self.refused and not self.is_silent() and time.monotonic() >= self.barred_until

    def has_room(self) -> bool:
        """Return True if it may be given another file now."""
        return self.leased < WINDOW * self.allowed and self.usable()

    def heard(self, report: Report) -> None:
        """Take over what the scheduler knows of it."""
        self.silent_sec = report.silent_sec if math.isfinite(report.silent_sec) else 0.0
        load = read_load(report)
        if load is not None:
            self.files = load.files
            self.remark = remark(load.clock, self.silent_sec)

    def succeeded(self, audio_sec: float | None, lag_sec: float | None) -> None:
        """Count a file that it has dealt with.

        Parameters
        ----------
        audio_sec : float or None
            Its duration; None for a failed file.
        lag_sec : float or None
            What the file took beyond the analysis, if known.
        """
        self.troubles, totals = 0, self.totals
        totals.analysed += audio_sec is not None
        totals.failed += audio_sec is None
        totals.audio_sec += audio_sec or 0.0
        totals.finished.append(time.monotonic())
        if lag_sec is not None:
            before = totals.lag_sec
            totals.lag_sec = lag_sec if before is None else before + _LAG_WEIGHT * (lag_sec - before)

    def in_trouble(self, reason: str) -> None:
        """Count a file that it does not have as it is here; several in a row bar it for a while."""
        self.troubles += 1
        if self.troubles >= TROUBLES_TO_BAR:
            self.bar(f"Its files differ from those here, last: {reason}", BARRED_SEC)

    def bar(self, why: str, seconds: float) -> None:
        """Give it no files for a while.

        Parameters
        ----------
        why : str
        seconds : float
        """
        self.troubles = 0
        self.barred_for, self.barred_until = why, time.monotonic() + seconds

    def why_not(self) -> str:
        """Return why it gets no files now; empty if it does."""
        if self.refused:
            return self.refused
        if self.is_silent():
            return f"It has not been heard for {self.silent_sec:.0f} s."
        return self.barred_for if time.monotonic() < self.barred_until else ""

    def state(self) -> MachineState:
        """Return what the status page shows."""
        now, totals = time.monotonic(), self.totals
        finished = totals.finished
        while finished and finished[0] < now - RATE_SEC:
            finished.popleft()
        span = now - finished[0] if finished else 0.0
        return MachineState(
            name=self.name,
            address=self.address,
            slots=self.slots,
            used=self.allowed,
            working=min(self.leased, self.allowed),
            analysed=totals.analysed,
            failed=totals.failed,
            lost=totals.lost,
            audio_sec=totals.audio_sec,
            tracks_per_sec=(len(finished) - 1) / span if len(finished) > 1 and span > 0 else None,
            lag_sec=totals.lag_sec,
            silent_sec=self.silent_sec,
            refused=self.why_not(),
            remark=self.remark,
        )
