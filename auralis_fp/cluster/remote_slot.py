"""Slots on other machines: the same protocol as slots of local processes."""

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..models import Analysed, FileStamp, Rejected
from ..schema.parts import PartKind
from ..states import WorkerState
from ..workers import messages as worker_messages
from ..workers.channel import ProtocolError
from ..workers.handover import OneFile
from ..workers.protocol import FileTask, Slot, T
from ..workers.tasks import INTERRUPTED, analyse_file
from .exchange import Exchange, Parcel, new_id
from .messages import MOST_FILES, Answers, Done, Lost, NotDone, RemoteBatch, RemoteJob
from .mounts import locate
from .remote_machine import UNAVAILABLE_SEC, RemoteMachine

MOST_LOSSES: Final = 2  # machines that a file may lose before it counts as the cause
MOST_TROUBLES: Final = 4  # machines that may not have a file before it counts as unreadable


@dataclass(slots=True)
class Route:
    """What all remote slots of a service share.

    Parameters
    ----------
    exchange : Exchange
    names : mapping of bytes to str
        Mount names of the music folders.
    parts : tuple of PartKind
        Parts that are kept of a result.
    local : callable
        Leases a slot here, for files outside the music folders; None if nothing is analysed here.
    """

    exchange: Exchange
    names: Mapping[bytes, str]
    parts: tuple[PartKind, ...]
    local: Callable[[], AbstractAsyncContextManager[Slot]] | None
    losses: Counter[bytes] = field(default_factory=Counter)
    troubles: Counter[bytes] = field(default_factory=Counter)

    def may_be_sent_with_others(self, file: OneFile) -> bool:
        """Return True if a file is known to other machines, and none was lost with it."""
        return file.stamp is not None and file.path not in self.losses and locate(file.path, self.names) is not None


class RemoteSlot:
    """Room for one file on a machine, for the time of a lease.

    Parameters
    ----------
    route : Route
    machine : RemoteMachine
    alone : bool
        Run no other file on that machine meanwhile.
    """

    lacking: tuple[str, ...] = ()

    def __init__(self, route: Route, machine: RemoteMachine, *, alone: bool = False) -> None:
        self.machine = machine
        self.path: bytes | None = None
        self.started_at: float | None = None
        self._route = route
        self._alone = alone
        self._parcel: Parcel | None = None

    @property
    def kernels(self) -> str:
        """Name of the kernels that the machine computes with."""
        hello = self.machine.hello
        return hello.kernels if hello is not None else ""

    def state(self) -> WorkerState:
        """Return what the slot is doing."""
        shown = None if self.path is None else os.fsdecode(self.path)
        current = next((each for each in self.machine.files if self._is(each.mount, each.path)), None)
        return WorkerState(
            slot=0,
            state="idle" if shown is None else "working",
            path=shown,
            started_at=self.started_at,
            decoded_sec=0.0 if current is None else current.decoded_sec,
            duration_sec=(current.duration_sec or None) if current is not None else None,
            machine=self.machine.name,
        )

    def _is(self, mount: str, path: str) -> bool:
        job = None if self._parcel is None else self._parcel.job
        return isinstance(job, RemoteJob) and job.mount == mount and os.fsdecode(job.path) == path

    async def start(self) -> None:
        """Return at once: machines start their own workers."""

    async def run(
        self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> Analysed | Rejected:
        """Analyse one file, see ``protocol.Slot``."""
        return self._named(await self._run(analyse_file, path, bounds, stamp, patience))

    async def run_address(self, address: bytes, patience: float = 1.0) -> Analysed | Rejected:
        """Analyse a file that the machine fetches.

        Parameters
        ----------
        address : bytes
            Such as ``https://host/file.flac``.
        patience : float
            As in ``run``.
        """
        job = RemoteJob(
            id=new_id(), task=analyse_file.__name__, mount="", path=address, size=0, mtime_ns="0",
            patience=patience, alone=self._alone,
        )  # fmt: skip
        outcome: Analysed | Rejected = self._outcome(address, job, *await self._sent(address, job))
        return self._named(outcome)

    def _named(self, outcome: Analysed | Rejected) -> Analysed | Rejected:
        """Return a result with the name of the machine, and with the parts that are wanted."""
        if not isinstance(outcome, Analysed) or outcome.metadata.machine:
            return outcome
        kept = tuple(part for part in outcome.parts if PartKind(part.name, part.version) in self._route.parts)
        return replace(outcome, parts=kept, metadata=replace(outcome.metadata, machine=self.machine.name))

    async def call(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> T | Rejected:
        """Run another task on one file, see ``protocol.Slot``."""
        return await self._run(task, path, bounds, stamp, 1.0)

    async def call_each(self, task: FileTask[T], files: Sequence[OneFile], limit_sec: float) -> list[T | Rejected]:
        """Run a short task on several files in turn, see ``protocol.Slot``; on a machine, with one message."""
        chosen = list(itertools.takewhile(self._route.may_be_sent_with_others, files[:MOST_FILES]))
        if len(chosen) < 2:
            return [await self.call(task, *files[0])]
        jobs = [self._job(task, file, 1.0) for file in chosen]
        batch = RemoteBatch(id=new_id(), jobs=[job for job in jobs if job], limit_sec=limit_sec, alone=self._alone)
        answer, elapsed_sec = await self._sent(chosen[0].path, batch)
        if isinstance(answer, Answers):
            answered = zip(chosen, batch.jobs, answer.answers, strict=False)
            return [self._outcome(file.path, job, each, elapsed_sec) for file, job, each in answered]
        if isinstance(answer, Lost) and answer.machine:  # any of them may be the cause: they are sent one by one
            self._route.losses.update(file.path for file in chosen[1:])
        return [self._outcome(chosen[0].path, batch.jobs[0], answer, elapsed_sec)]

    async def _run(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes], stamp: FileStamp | None, patience: float
    ) -> T | Rejected:
        job = self._job(task, OneFile(path, bounds, stamp), patience)
        if job is None:
            return await self._run_here(task, path, bounds, stamp, patience)
        outcome: T | Rejected = self._outcome(path, job, *await self._sent(path, job))
        return outcome

    def _job(self, task: FileTask[T], file: OneFile, patience: float) -> RemoteJob | None:
        """Return the job on a file; None if other machines do not know the file."""
        located = locate(file.path, self._route.names)
        if located is None or file.stamp is None:
            return None
        mount, below = located
        return RemoteJob(
            id=new_id(), task=task.__name__, mount=mount, path=below, size=file.stamp.size,
            mtime_ns=str(file.stamp.mtime_ns), patience=patience, alone=self._alone,
        )  # fmt: skip

    async def _sent(self, path: bytes, job: RemoteJob | RemoteBatch) -> tuple[object, float]:
        """Send a job or a batch. Return the answer, and the seconds that it took."""
        self.path, self.started_at, sent = path, time.time(), time.monotonic()
        parcel = self._parcel = self._route.exchange.send(self.machine, job)
        try:
            return await parcel.outcome, time.monotonic() - sent
        except asyncio.CancelledError:
            self._route.exchange.withdraw(parcel, None)
            raise
        finally:
            self.path = self.started_at = self._parcel = None

    async def _run_here(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes], stamp: FileStamp | None, patience: float
    ) -> T | Rejected:
        """Run a task on a file that other machines do not know."""
        local = self._route.local
        if local is None:
            return Rejected("scan", "outside_roots", "The file lies in no folder that the machines mount.")
        async with local() as slot:
            if task is analyse_file:
                outcome: Any = await slot.run(path, patience, bounds, stamp)
                return outcome  # type: ignore[no-any-return]  # of this task
            return await slot.call(task, path, bounds, stamp)

    def _outcome(self, path: bytes, job: RemoteJob, answer: object, elapsed_sec: float) -> Any:
        """Return the outcome of a job from the answer of the machine."""
        if isinstance(answer, Done):
            return self._done(path, job, answer, elapsed_sec)
        if isinstance(answer, NotDone) and answer.code == "elsewhere":
            return self._trouble(path, answer.reason)
        if isinstance(answer, NotDone):
            self.machine.bar(answer.reason, UNAVAILABLE_SEC)
            return _later(answer.reason)
        if isinstance(answer, Lost):
            return self._lost(path, answer)
        if isinstance(answer, Rejected):  # given up
            return answer
        return self._broken("an answer to another request")

    def _done(self, path: bytes, job: RemoteJob, answer: Done, elapsed_sec: float) -> Any:
        try:
            reply = worker_messages.decode_from_worker(answer.reply)
            outcome = getattr(reply, "outcome", None)
            if getattr(reply, "id", None) != job.id or not isinstance(outcome, worker_messages.OUTCOMES[job.task]):
                raise ProtocolError("an answer to another request")
        except ProtocolError as error:
            return self._broken(str(error))
        if isinstance(outcome, Rejected) and outcome.stage == "scan" and job.mount:
            return self._trouble(path, outcome.reason)
        self._route.losses.pop(path, None)
        self._route.troubles.pop(path, None)
        if job.task == analyse_file.__name__:
            done = outcome if isinstance(outcome, Analysed) else None
            lag = None if done is None else elapsed_sec - done.processing_time_ms / 1000
            self.machine.succeeded(None if done is None else done.metadata.duration_sec, lag)
        if isinstance(outcome, Rejected) and outcome.stage == "worker":
            return replace(outcome, reason=f"{outcome.reason} (on {self.machine.name})")
        return outcome

    def _broken(self, why: str) -> Rejected:
        """Return the outcome of a file whose machine does not follow the protocol, and refuse the machine."""
        self.machine.refused = f"It broke the protocol: {why}."
        return _later(self.machine.refused)

    def _trouble(self, path: bytes, reason: str) -> Rejected:
        """Return the outcome of a file that the machine does not have as it is here: another machine may."""
        self.machine.in_trouble(reason)
        self._route.troubles[path] += 1
        if self._route.troubles[path] < MOST_TROUBLES:
            return _later(reason)
        del self._route.troubles[path]
        return Rejected("scan", "unreadable", f"The machines of the cluster cannot read the file: {reason}")

    def _lost(self, path: bytes, answer: Lost) -> Rejected:
        """Return the outcome of a file whose machine was lost: it is begun again, but not for ever."""
        self.machine.totals.lost += 1
        if not answer.machine:
            return _later(answer.reason)
        self._route.losses[path] += 1
        if self._route.losses[path] < MOST_LOSSES:
            return _later(answer.reason)
        del self._route.losses[path]
        reason = f"{MOST_LOSSES} machines were lost while they analysed this file, last {self.machine.name}."
        return Rejected("worker", "crashed", reason)

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file, see ``protocol.Slot``."""
        return self.path == path and self._parcel is not None and self._route.exchange.withdraw(self._parcel, why)

    async def interrupt(self) -> bool:
        """Return False: requests do not take over slots of other machines."""
        return False

    async def close(self) -> None:
        """Return at once: the lease ends by itself."""


def _later(reason: str) -> Rejected:
    """Return the outcome of a file that is not at fault and is queued again."""
    return Rejected("worker", INTERRUPTED, reason)
