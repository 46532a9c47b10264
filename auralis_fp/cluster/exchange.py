"""Jobs on their way to machines and their answers: the service's end of the courier."""

import asyncio
import itertools
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ..runtime.tasks import Backoff
from ..workers.channel import ProtocolError
from ..workers.pidfiles import PidFiles
from .courier_process import CourierProcess
from .messages import (
    Answered,
    Assign,
    FromCourier,
    Link,
    Lost,
    NotDone,
    RemoteBatch,
    RemoteJob,
    Roster,
    Withdraw,
    decode_answer,
    encode,
)
from .remote_machine import RemoteMachine
from .roster import Machines

log = logging.getLogger(__name__)

FIRST_RESTART_SEC: Final = 0.5
LONGEST_RESTART_SEC: Final = 30.0


@dataclass(slots=True)
class Parcel:
    """A job that is out.

    Parameters
    ----------
    machine : RemoteMachine
    job : RemoteJob or RemoteBatch
    outcome : Future
        Of an ``Answer``, of ``Answers``, or of ``Lost``.
    """

    number: int
    machine: RemoteMachine
    job: RemoteJob | RemoteBatch
    outcome: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Exchange:
    """Sends jobs to machines and returns their answers; follows which machines there are.

    Parameters
    ----------
    scheduler : str
        Address of the Dask scheduler.
    machines : Machines
        Kept up to date.
    on_link : callable
        Called with the reason why the scheduler cannot be reached, or None when it can.
    pid_files : PidFiles, optional
        Records the courier process.
    """

    def __init__(
        self,
        scheduler: str,
        machines: Machines,
        on_link: Callable[[str | None], None],
        pid_files: PidFiles | None = None,
    ) -> None:
        self.courier = CourierProcess(scheduler, self._on_message, self._on_end, pid_files)
        self.connected = False
        self.heard = asyncio.Event()  # set with the first list of machines, or the first reason why there is none
        self.lacking: list[str] = []
        self._machines = machines
        self._on_link = on_link
        self._numbers = itertools.count(1)
        self._out: dict[int, Parcel] = {}

    async def run(self) -> None:
        """Keep a courier running; runs until cancelled."""
        backoff = Backoff(FIRST_RESTART_SEC, LONGEST_RESTART_SEC)
        try:
            while True:
                await self.courier.run()
                await asyncio.sleep(backoff.next())
        finally:
            self.courier.close()

    def _on_message(self, message: FromCourier) -> None:
        if isinstance(message, Answered):
            self._on_answer(message)
        elif isinstance(message, Lost):
            parcel = self._out.pop(message.number, None)
            if parcel is not None:
                self._settle(parcel, message)
        elif isinstance(message, Roster):
            gone = self._machines.update(message.machines)
            self._lose(gone)
            self.heard.set()
        elif isinstance(message, Link):
            self._on_connection(message)

    def _on_connection(self, message: Link) -> None:
        self.connected, self.lacking = message.connected, message.lacking[:20]
        self._machines.distributed = message.distributed
        if message.connected:
            self._on_link(None)
        else:
            self._cut(message.reason)

    def _on_end(self, reason: str) -> None:
        self.connected = False
        self._cut(reason)

    def _cut(self, reason: str) -> None:
        """Without a connection, nothing that is out comes back."""
        self._machines.clear()
        for parcel in list(self._out.values()):
            del self._out[parcel.number]
            self._settle(parcel, Lost(number=parcel.number, reason=reason, machine=False))
        self._on_link(reason)
        self.heard.set()

    def _lose(self, gone: list[RemoteMachine]) -> None:
        """Settle what is out on machines that have left, or that have not been heard for long."""
        for parcel in list(self._out.values()):
            machine = parcel.machine
            if machine.is_silent() or any(machine is each for each in gone):
                reason = f"The machine {machine.name} has left the cluster or does not answer."
                self.withdraw(parcel, Lost(number=parcel.number, reason=reason, machine=True))

    def _on_answer(self, message: Answered) -> None:
        parcel = self._out.pop(message.number, None)
        if parcel is None:  # given up
            return
        answer: Any
        try:
            answer = decode_answer(message.answer)
        except ProtocolError as error:
            answer = NotDone(code="unavailable", reason=f"{parcel.machine.name} sent {error}."[:4000])
        self._settle(parcel, answer)

    @staticmethod
    def _settle(parcel: Parcel, outcome: object) -> None:
        if not parcel.outcome.done():
            parcel.outcome.set_result(outcome)

    def send(self, machine: RemoteMachine, job: RemoteJob | RemoteBatch) -> Parcel:
        """Send a job to a machine. Return the parcel, whose ``outcome`` becomes the answer.

        Parameters
        ----------
        machine : RemoteMachine
        job : RemoteJob or RemoteBatch
        """
        parcel = Parcel(next(self._numbers), machine, job)
        self._out[parcel.number] = parcel
        if not self.courier.send(Assign(number=parcel.number, address=machine.address, job=encode(job))):
            del self._out[parcel.number]
            self._settle(parcel, Lost(number=parcel.number, reason="There is no courier process.", machine=False))
        return parcel

    def withdraw(self, parcel: Parcel, outcome: object) -> bool:
        """Give a job up.

        Parameters
        ----------
        parcel : Parcel
        outcome : object
            What becomes of it.

        Returns
        -------
        bool
            True if it was out.
        """
        if self._out.pop(parcel.number, None) is None:
            return False
        self.courier.send(Withdraw(number=parcel.number, address=parcel.machine.address, id=parcel.job.id))
        self._settle(parcel, outcome)
        return True

    def all(self) -> list[Parcel]:
        """Return what is out."""
        return list(self._out.values())


def new_id() -> bytes:
    """Return the id of a job, which cannot be guessed."""
    return os.urandom(8)
