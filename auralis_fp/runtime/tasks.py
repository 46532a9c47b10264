"""Background tasks that may fail, but not quietly."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from ..errors import AuralisError
from ..models import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_RETRY_SEC: Final = 1.0
LONGEST_RETRY_SEC: Final = 60.0
RUNS_WELL_SEC: Final = 5.0  # without failing again, and the fault is over


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
    pause, loop = FIRST_RETRY_SEC, asyncio.get_running_loop()
    while True:
        started = time.monotonic()
        over = loop.call_later(RUNS_WELL_SEC, health.mark_up, name)
        try:
            await work()
        except Exception as error:
            over.cancel()
            foreseen = isinstance(error, AuralisError)
            log.log(logging.ERROR, "%s failed: %s", name, error, exc_info=None if foreseen else error)
            what = str(error) if foreseen else f"{type(error).__name__}; see the log"
            health.mark_down(name, f"{what}. Tried again every {pause:.0f} s.")
            await asyncio.sleep(pause)
            ran_well = time.monotonic() - started > 2 * LONGEST_RETRY_SEC
            pause = FIRST_RETRY_SEC if ran_well else min(2 * pause, LONGEST_RETRY_SEC)
        else:
            health.mark_up(name)
            return
        finally:
            over.cancel()


async def cancel_and_wait(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end; an error it ends with is raised."""
    task.cancel()
    await asyncio.wait({task})  # raises only if the waiter itself is cancelled
    if not task.cancelled():
        task.result()


async def see_through(work: Awaitable[T]) -> T:
    """Return what *work* returns; who is cancelled meanwhile gives up only once it has ended.

    A thread cannot be broken off, and what it has opened is to be closed after it.
    """
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # nobody is left to be told
        raise


async def happens_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait for *event*, for *seconds* at most (None: for ever); say whether it happened.

    Unlike ``asyncio.wait_for`` before Python 3.12 it never loses a cancellation that comes together with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
