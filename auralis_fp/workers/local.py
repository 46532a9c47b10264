"""The pool of worker processes on this machine."""

from collections.abc import Callable

from ..settings import Settings
from .capacity import choose_workers
from .messages import Plan
from .pidfiles import PidFiles
from .pool import WorkerPool
from .process import ProcessSlot


def local_pool(
    settings: Settings,
    on_change: Callable[[], None] | None = None,
    pid_files: PidFiles | None = None,
    *,
    plain: bool = False,
) -> WorkerPool:
    """Return a pool of local worker processes.

    Parameters
    ----------
    settings : Settings
    on_change : callable, optional
        Called when a slot starts or finishes a lease.
    pid_files : PidFiles, optional
        Records the processes, so that the next run can end them if this one is killed.
    plain : bool
        Whether results are fingerprints and nothing else: no parts, no digest.
    """
    plan = Plan(
        memory_limit_mb=settings.memory_limit_mb,
        seal=settings.seal == "auto",
        parts=None if plain else settings.parts,
        kernels=settings.kernels,
    )
    slots = [ProcessSlot(number, settings, plan, pid_files) for number in range(choose_workers(settings))]
    return WorkerPool(slots, on_change)
