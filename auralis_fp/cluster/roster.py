"""The machines of the cluster, and the callers that wait for one of their slots."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Collection
from typing import Final

from ..schema.parts import PartKind
from .handshake import read_hello, refusal
from .messages import MOST_MACHINES, Report
from .remote_machine import WINDOW, RemoteMachine, Totals

REQUESTED: Final = 0
BACKGROUND: Final = 1


class Machines:
    """Knows the machines, and gives the slots of those that may work to callers.

    Parameters
    ----------
    mounts : collection of str
        Names of the music folders, which a machine must mount.
    parts : collection of PartKind
        What it must compute beside fingerprints.
    most_slots : int
        Slots to use at most; 0 for all.
    on_change : callable
        Called when machines have come or gone.
    """

    def __init__(
        self,
        mounts: Collection[str],
        parts: Collection[PartKind],
        most_slots: int = 0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._mounts = mounts
        self._parts = parts
        self._most_slots = most_slots
        self._on_change = on_change
        self._machines: dict[str, RemoteMachine] = {}
        self._waiting: list[tuple[int, int, asyncio.Future[RemoteMachine]]] = []
        self._turn = itertools.count()
        self._totals: dict[str, Totals] = {}
        self.distributed = ""

    def all(self) -> list[RemoteMachine]:
        """Return all machines, also those that may not work."""
        return list(self._machines.values())

    @property
    def slots(self) -> int:
        """Number of slots that can be used now."""
        return sum(machine.allowed for machine in self._machines.values() if machine.usable())

    def update(self, reports: list[Report]) -> list[RemoteMachine]:
        """Take over the present list of machines. Return those that are gone."""
        before = {address: machine.usable() for address, machine in self._machines.items()}
        present = {report.address: report for report in reports[:MOST_MACHINES]}
        gone = [self._machines.pop(address) for address in list(self._machines) if address not in present]
        for address, report in present.items():
            machine = self._machines.get(address)
            if machine is None:
                machine = self._machines[address] = self._met(report)
            machine.heard(report)
        self._share_out()
        self._serve()
        if before != {address: machine.usable() for address, machine in self._machines.items()}:
            self._on_change()
        return gone

    def clear(self) -> list[RemoteMachine]:
        """Forget all machines, since the scheduler cannot be reached. Return them."""
        return self.update([])

    def _met(self, report: Report) -> RemoteMachine:
        hello = read_hello(report)
        if isinstance(hello, str):
            return RemoteMachine(report.address, report.name or report.host, None, hello)
        why = refusal(hello, self._mounts, self._parts, self.distributed)
        if hello.name not in self._totals and len(self._totals) >= MOST_MACHINES:
            self._totals.clear()
        totals = self._totals.setdefault(hello.name, Totals())
        return RemoteMachine(report.address, hello.name, hello, why or "", totals)

    def _share_out(self) -> None:
        """Decide how many slots of each machine may be used."""
        left = self._most_slots or sum(machine.slots for machine in self._machines.values())
        for machine in self._machines.values():
            machine.allowed = 0 if machine.refused else min(machine.slots, left)
            left -= machine.allowed if machine.usable() else 0

    async def acquire(self, priority: int = BACKGROUND) -> RemoteMachine:
        """Wait for room on a machine and take it; to be given back with ``release``.

        Parameters
        ----------
        priority : int
            ``REQUESTED`` goes before ``BACKGROUND``.
        """
        future: asyncio.Future[RemoteMachine] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._turn), future))
        self._serve()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release(future.result())
            raise

    def release(self, machine: RemoteMachine) -> None:
        """Give room on a machine back."""
        machine.leased -= 1
        self._serve()

    def _serve(self) -> None:
        """Give free room to those who wait, on the machine with the most of it."""
        while self._waiting:
            if self._waiting[0][2].done():  # cancelled
                heapq.heappop(self._waiting)
                continue
            able = [machine for machine in self._machines.values() if machine.has_room()]
            if not able:
                return
            machine = min(able, key=lambda each: each.leased / (WINDOW * each.allowed))
            machine.leased += 1
            heapq.heappop(self._waiting)[2].set_result(machine)
