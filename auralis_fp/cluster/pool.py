"""The pool of a service with a cluster: local slots, and those of the machines that take part."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final, Self
from urllib.parse import urlsplit

from ..models import Rejected
from ..runtime.tasks import cancel_and_wait
from ..settings import Settings
from ..states import MachineState, WorkerState
from ..workers.local import local_pool
from ..workers.pidfiles import PidFiles
from ..workers.protocol import Slot
from .courier_process import require_extra
from .exchange import Exchange
from .mounts import name_roots
from .named_slot import NamedSlot
from .remote_slot import RemoteSlot, Route
from .roster import BACKGROUND, REQUESTED, Machines

log = logging.getLogger(__name__)

_OPEN: Final = "whoever reaches it can run programs on the machines; configure TLS, see docs/scale-out.md"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
CALLERS: Final = 3  # per remote slot: one file is analysed, one is on its way, one is stored
ALONE_SEC: Final = 15.0  # without a machine, after which that is a fault


class ClusterPool:
    """Leases slots here and on other machines; requests are served here.

    Use as an asynchronous context manager; on exit every worker of this machine is gone.

    Parameters
    ----------
    settings : Settings
    on_change : callable
        Called when a slot starts or finishes a lease, and when machines come or go.
    pid_files : PidFiles, optional
        Records the processes, so that the next run can end them if this one is killed.
    report : callable, optional
        Called with the reason why there is no help from the cluster, or None if there is.

    Raises
    ------
    ExtraMissingError
        The packages for a cluster are not installed.
    SettingsError
        Two music folders have the same name.
    """

    def __init__(
        self,
        settings: Settings,
        on_change: Callable[[], None],
        pid_files: PidFiles | None = None,
        report: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        require_extra()
        names = name_roots(settings.libraries, settings.mounts)
        self.machines_here = Machines([*names.values()], settings.parts, settings.cluster_slots, self._resize)
        self.exchange = Exchange(settings.cluster, self.machines_here, self._set_fault, pid_files)
        self._settings = settings
        self._on_change = on_change
        self._report = report
        self._local = local_pool(settings, on_change, pid_files) if settings.work_here != "nothing" else None
        lease_here = None if self._local is None else self._local.lease
        self._route = Route(self.exchange, names, settings.parts, lease_here)
        self.held: Callable[[], bool] = lambda: False  # whether background work waits on this machine
        self._leased: list[RemoteSlot] = []
        self._resized = asyncio.Event()
        self._stack = AsyncExitStack()
        self._fault: str | None = None

    async def __aenter__(self) -> Self:
        if unprotected(self._settings.cluster):
            log.warning("%s is not encrypted: %s", self._settings.cluster, _OPEN)
        if self._local is not None:
            await self._stack.enter_async_context(self._local)
        for work in (self.exchange.run(), self._watch()):
            self._stack.push_async_callback(cancel_and_wait, asyncio.create_task(work, name="cluster"))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    # what there is

    @property
    def may_interrupt(self) -> Callable[[bytes], bool]:
        """Asked before a request takes over the slot of a background analysis here."""
        return self._local.may_interrupt if self._local is not None else lambda _: False

    @may_interrupt.setter
    def may_interrupt(self, ask: Callable[[bytes], bool]) -> None:
        if self._local is not None:
            self._local.may_interrupt = ask

    @property
    def size(self) -> int:
        """Number of slots at the moment."""
        return self._local_size + self.machines_here.slots

    @property
    def _local_size(self) -> int:
        return self._local.size if self._local is not None else 0

    @property
    def callers(self) -> int:
        """Number of callers that keep all slots busy."""
        return 2 * self._local_size + CALLERS * self.machines_here.slots

    async def more_callers(self, number: int) -> int:
        """Return the number of callers that keep all slots busy, as soon as it is above *number*."""
        while self.callers <= number:
            self._resized.clear()
            await self._resized.wait()
        return self.callers

    def machines(self) -> tuple[MachineState, ...]:
        """Return the other machines that take part or were refused."""
        return tuple(machine.state() for machine in self.machines_here.all())

    def states(self) -> tuple[WorkerState, ...]:
        """Return what each slot is doing, here and on the machines."""
        found = list(self._local.states()) if self._local is not None else []
        for machine in self.machines_here.all():
            busy = [slot.state() for slot in self._leased if slot.machine is machine and slot.path is not None]
            idle = WorkerState(slot=0, state="idle", machine=machine.name)
            shown = (busy + [idle] * machine.allowed)[: machine.allowed]
            found += [replace(state, slot=number) for number, state in enumerate(shown, start=len(found))]
        return tuple(found)

    def pids(self) -> list[int]:
        """Return the ids of the local worker processes."""
        return self._local.pids() if self._local is not None else []

    def kernels(self) -> list[str]:
        """Return the names of the kernels that workers compute with, here and on the machines."""
        found = {machine.hello.kernels for machine in self.machines_here.all() if machine.hello and machine.usable()}
        return sorted(found.union(self._local.kernels() if self._local is not None else ()) - {""})

    def lacking(self) -> list[str]:
        """Return the protections that are lacking, in words."""
        found = self._local.lacking() if self._local is not None else []
        found += [f"{protection} in the courier" for protection in self.exchange.lacking]
        return found + ([f"TLS to {self._settings.cluster}: {_OPEN}"] if unprotected(self._settings.cluster) else [])

    def _resize(self) -> None:
        self._resized.set()
        self._on_change()

    # leases

    @asynccontextmanager
    async def lease(self, *, interactive: bool = False, alone: bool = False) -> AsyncIterator[Slot]:
        """Lease a slot: for a request here, for background work where one is free first.

        Parameters
        ----------
        interactive : bool
            A request waits for the result.
        alone : bool
            Run no other background job on that machine meanwhile.
        """
        async with AsyncExitStack() as stack:
            background = self._settings.work_here == "all" and not self.held()
            works_here = self._local is not None and (interactive or background)
            if works_here and (interactive or alone):
                slot = await self._lease_here(stack, interactive=interactive, alone=alone)
            elif works_here:
                slot = await self._lease_anywhere(stack)
            else:
                slot = await self._lease_there(stack, REQUESTED if interactive else BACKGROUND, alone=alone)
            yield slot

    async def _lease_here(self, stack: AsyncExitStack, *, interactive: bool = False, alone: bool = False) -> Slot:
        assert self._local is not None  # noqa: S101 - asked before
        return NamedSlot(await stack.enter_async_context(self._local.lease(interactive=interactive, alone=alone)))

    async def _lease_there(self, stack: AsyncExitStack, priority: int, *, alone: bool = False) -> Slot:
        machine = await self.machines_here.acquire(priority)
        slot = RemoteSlot(self._route, machine, alone=alone)
        self._leased.append(slot)

        def end() -> None:
            self._leased.remove(slot)
            self.machines_here.release(machine)
            self._on_change()

        stack.callback(end)
        self._on_change()
        return slot

    async def _lease_anywhere(self, stack: AsyncExitStack) -> Slot:
        """Lease the slot that is free first; the other lease is given back."""
        stacks = AsyncExitStack(), AsyncExitStack()
        tasks = [
            asyncio.create_task(self._lease_here(stacks[0])),
            asyncio.create_task(self._lease_there(stacks[1], BACKGROUND)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            chosen = 1 if tasks[1].done() else 0
            slot = tasks[chosen].result()
        except BaseException:
            chosen = -1
            raise
        finally:
            for number, task in enumerate(tasks):
                if number != chosen:
                    task.cancel()
            await asyncio.wait(tasks)
            for number, each in enumerate(stacks):
                if number != chosen:
                    await each.aclose()
        stack.push_async_exit(stacks[chosen])
        return slot

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file, see ``protocol.Pool``."""
        for slot in list(self._leased):
            if await slot.give_up(path, why):
                return True
        return self._local is not None and await self._local.give_up(path, why)

    async def warm(self) -> None:
        """Start one local worker for requests, unless nothing is analysed here."""
        if self._local is not None:
            await self._local.warm()

    # faults

    async def _watch(self) -> None:
        """Report that the cluster has no machine for us; runs until cancelled."""
        while True:
            await asyncio.sleep(ALONE_SEC)
            if self.exchange.connected:
                self._set_fault(None if self.machines_here.slots else self._nobody())

    def _nobody(self) -> str:
        refused = [f"{machine.name}: {machine.why_not()}" for machine in self.machines_here.all()]
        return " ".join(["No machine of the cluster can work for this service.", *refused[:3]])

    def _set_fault(self, reason: str | None) -> None:
        if reason != self._fault:
            self._fault = reason
            self._report(reason)


def unprotected(scheduler: str) -> bool:
    """Return True if an address leads to another machine without TLS."""
    parts = urlsplit(scheduler)
    return parts.scheme not in {"tls", "wss"} and parts.hostname not in LOOPBACK
