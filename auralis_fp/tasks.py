"""Background tasks that may fail, but not quietly."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from .model import Health

log = logging.getLogger(__name__)

FIRST_RETRY_SEC: Final = 1.0
LONGEST_RETRY_SEC: Final = 60.0


async def supervise(name: str, work: Callable[[], Awaitable[None]], health: Health) -> None:
    """Run *work*; if it fails, log it, show it as a fault, and start it again with growing pauses.

    Parameters
    ----------
    name : str
        What the fault is shown as.
    work : callable
        Runs until it is cancelled; returning ends the supervision.
    health : Health
    """
    pause = FIRST_RETRY_SEC
    while True:
        started = time.monotonic()
        try:
            await work()
        except Exception as error:
            log.exception("%s failed", name)
            health.mark_down(name, f"{type(error).__name__}; see the log. Tried again every {pause:.0f} s.")
            await asyncio.sleep(pause)
            health.mark_up(name)
            ran_well = time.monotonic() - started > 2 * LONGEST_RETRY_SEC
            pause = FIRST_RETRY_SEC if ran_well else min(2 * pause, LONGEST_RETRY_SEC)
        else:
            health.mark_up(name)
            return


async def cancel_and_wait(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end; an error it ends with is raised."""
    task.cancel()
    await asyncio.wait({task})  # raises only if the waiter itself is cancelled
    if not task.cancelled():
        task.result()
