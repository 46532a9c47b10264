"""Jobs in progress: one flight per file, which requests for the same file join."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from ..models import Job, Rejected
from .context import Completion

T = TypeVar("T")

WAITING: Final = "waiting for a worker"
READING: Final = "reading the file"
ANALYSING: Final = "analysing"
STORING: Final = "storing the result"


class Flight:
    """A job in progress and the stage it is in.

    Parameters
    ----------
    job : Job
    requested : bool
        A request waits for it.
    """

    def __init__(self, job: Job, *, requested: bool) -> None:
        self.job = job
        self.requested = requested  # also once a request has joined it
        self.done: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self.stage = WAITING
        self.since = time.monotonic()
        self._step: asyncio.Future[Any] | None = None
        self._aborted: Rejected | None = None

    def enter(self, stage: str) -> None:
        """Enter the next stage."""
        self.stage = stage
        self.since = time.monotonic()

    async def run(self, step: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T | Rejected:
        """Return the result of a step of the job, or the reason with which it was aborted."""
        task = asyncio.ensure_future(step)
        self._step = task
        try:
            return await task
        except asyncio.CancelledError:
            if self._aborted is not None and task.cancelled():
                return self._aborted
            task.cancel()
            raise
        finally:
            self._step = None

    def abort(self, why: Rejected) -> None:
        """Abort the current step; what hangs in a thread is abandoned."""
        if self._step is not None:
            self._aborted = why
            self._step.cancel()


class Flights:
    """The jobs in progress, by path.

    Parameters
    ----------
    on_change : callable
        Called when a job starts or ends.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._on_change = on_change
        self.completed = 0  # since the start

    def get(self, path: bytes) -> Flight | None:
        """Return the flight of a file."""
        return self._flights.get(path)

    def all(self) -> list[Flight]:
        """Return all flights."""
        return list(self._flights.values())

    @contextmanager
    def register(self, job: Job, *, requested: bool = False) -> Iterator[Flight]:
        """Register a leased job for the duration of the context.

        Parameters
        ----------
        job : Job
        requested : bool
            A request waits for it.
        """
        flight = self._flights[job.path] = Flight(job, requested=requested)
        self._on_change()
        try:
            yield flight
        except Exception as error:
            flight.done.set_exception(error)
            flight.done.exception()  # mark it as retrieved: possibly no request has joined
            raise
        finally:
            flight.done.cancel()  # does nothing if it has a result
            del self._flights[job.path]
            self.completed += 1
            self._on_change()
