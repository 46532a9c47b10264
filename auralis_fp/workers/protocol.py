"""The interfaces of a worker pool and its slots.

The pool knows slots, and the dispatcher knows the pool, by these protocols alone: an implementation that runs jobs on
another machine can stand in for local processes.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from ..models import Analysed, FileStamp, Rejected
from ..states import MachineState, WorkerState
from .handover import OneFile

T = TypeVar("T")
FileTask = Callable[..., T | Rejected]
"""A function of ``workers.tasks`` that takes one file and its bounds."""


class WorkerUnavailableError(Exception):
    """A slot could not start a worker."""


class Slot(Protocol):
    """A place that analyses one file at a time and recovers from the loss of its worker."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """Protections against malicious files that the worker lacks, in words."""

    @property
    def kernels(self) -> str:
        """Name of the kernels that the worker computes with; empty before its first start."""

    def state(self) -> WorkerState:
        """Return what the slot is doing."""

    async def start(self) -> None:
        """Start the worker unless it is running.

        Raises
        ------
        WorkerUnavailableError
            No worker could be started.
        """

    async def run(
        self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> Analysed | Rejected:
        """Analyse one file. The slot accepts the next file when this returns, whatever the outcome.

        Parameters
        ----------
        path : bytes
            The file, as the operating system spells it.
        patience : float
            Factor applied to the time limit.
        bounds : sequence of bytes
            Resolved folders, one of which must contain the file when it is opened; empty for no restriction.
        stamp : FileStamp, optional
            What the opened file must have; else it is ``Rejected`` with ``file_changed``.

        Returns
        -------
        Analysed or Rejected
            ``Rejected`` at stage ``worker`` if the file crashed its worker or exceeded the time limit, and with code
            ``unavailable`` if no worker could be started, which is not the file's fault.
        """

    async def call(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> T | Rejected:
        """Run another task on one file, in the same way as ``run`` analyses one.

        Parameters
        ----------
        task : callable
            A module-level function.
        path, bounds, stamp
            As in ``run``.
        """

    async def call_each(self, task: FileTask[T], files: Sequence[OneFile], limit_sec: float) -> list[T | Rejected]:
        """Run a short task on several files in turn.

        Parameters
        ----------
        task : callable
            A module-level function.
        files : sequence of OneFile
            At least one.
        limit_sec : float
            No further file is begun after this time.

        Returns
        -------
        list
            Outcomes of the first files, at least one.
        """

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file.

        Parameters
        ----------
        path : bytes
        why : Rejected
            The outcome of the analysis.

        Returns
        -------
        bool
            True if the file was being analysed.
        """

    async def interrupt(self) -> bool:
        """End the analysis in progress, so that the slot is free; its outcome is ``Rejected`` with ``interrupted``.

        Returns
        -------
        bool
            False if no analysis has begun.
        """

    async def close(self) -> None:
        """Stop the worker for good."""


class Pool(Protocol):
    """A set of slots, each leased to one caller at a time. Slots on other machines come and go.

    ``may_interrupt`` is asked with the path of a background analysis before a request takes over its slot.
    """

    may_interrupt: Callable[[bytes], bool]

    @property
    def size(self) -> int:
        """Number of slots at the moment."""

    @property
    def callers(self) -> int:
        """Number of callers that keep all slots busy."""

    async def more_callers(self, number: int) -> int:
        """Return the number of callers that keep all slots busy, as soon as it is above *number*."""

    def machines(self) -> tuple[MachineState, ...]:
        """Return the other machines that take part or were refused."""

    def states(self) -> tuple[WorkerState, ...]:
        """Return what each slot is doing."""

    def pids(self) -> list[int]:
        """Return the ids of the local worker processes."""

    def lacking(self) -> list[str]:
        """Return the protections against malicious files that the workers lack, in words."""

    def kernels(self) -> list[str]:
        """Return the names of the kernels that the workers compute with; none before the first start of a worker."""

    def lease(self, *, interactive: bool = False, alone: bool = False) -> AbstractAsyncContextManager[Slot]:
        """Lease a slot for the duration of the context.

        Parameters
        ----------
        interactive : bool
            A request waits for the result: takes precedence over background jobs that have no slot yet.
        alone : bool
            Run no other background job meanwhile.
        """

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file.

        Parameters
        ----------
        path : bytes
        why : Rejected
            The outcome of the analysis.

        Returns
        -------
        bool
            True if the file was being analysed.
        """

    async def warm(self) -> None:
        """Start one worker, so that the first request does not wait for its imports."""
