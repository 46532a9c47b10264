"""Local slots in a service with a cluster."""

import platform
from collections.abc import Sequence
from dataclasses import replace

from ..models import Analysed, FileStamp, Rejected
from ..states import WorkerState
from ..workers.handover import OneFile
from ..workers.protocol import FileTask, Slot, T


def this_machine() -> str:
    """Return the name of this machine."""
    return platform.node()[:100] or "this machine"


class NamedSlot:
    """A local slot whose results name this machine, as those of other machines name theirs.

    Parameters
    ----------
    slot : Slot
    """

    def __init__(self, slot: Slot) -> None:
        self._slot = slot

    @property
    def lacking(self) -> tuple[str, ...]:
        """Protections that the worker lacks, in words."""
        return self._slot.lacking

    @property
    def kernels(self) -> str:
        """Name of the kernels that the worker computes with."""
        return self._slot.kernels

    def state(self) -> WorkerState:
        """Return what the slot is doing."""
        return self._slot.state()

    async def start(self) -> None:
        """Start the worker unless it is running."""
        await self._slot.start()

    async def run(
        self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> Analysed | Rejected:
        """Analyse one file, see ``protocol.Slot``."""
        outcome = await self._slot.run(path, patience, bounds, stamp)
        if isinstance(outcome, Rejected):
            return outcome
        return replace(outcome, metadata=replace(outcome.metadata, machine=this_machine()))

    async def call(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> T | Rejected:
        """Run another task on one file, see ``protocol.Slot``."""
        return await self._slot.call(task, path, bounds, stamp)

    async def call_each(self, task: FileTask[T], files: Sequence[OneFile], limit_sec: float) -> list[T | Rejected]:
        """Run a short task on several files in turn, see ``protocol.Slot``."""
        return await self._slot.call_each(task, files, limit_sec)

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file, see ``protocol.Slot``."""
        return await self._slot.give_up(path, why)

    async def interrupt(self) -> bool:
        """End the analysis in progress, see ``protocol.Slot``."""
        return await self._slot.interrupt()

    async def close(self) -> None:
        """Stop the worker for good."""
        await self._slot.close()
