"""Slots that are local worker processes.

A slot owns one single-process executor. A crash or a timeout costs the file it was analysing, and names it; the slot
then starts a new process. Files in other slots are not affected.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Final

from ..models import Analysed, Rejected
from ..settings import Settings
from ..states import WorkerState
from .pidfiles import PidFiles
from .protocol import FileTask, T, WorkerUnavailableError
from .sandbox import NOT_STARTED, init_worker
from .spawn import IsolatedContext
from .tasks import analyse_file, warm_up

log = logging.getLogger(__name__)

START_LIMIT_SEC: Final = 120.0  # the imports may come from a cold, slow disk
CHECK_EVERY_SEC: Final = 1.0
RENEW_AFTER: Final = 1000  # files, after which a new process frees what decoders have leaked


class ProcessSlot:
    """Analyses one file at a time in a process of its own, and replaces the process when it is lost.

    Parameters
    ----------
    number : int
    settings : Settings
    pid_files : PidFiles, optional
        Records the process, so that the next run can end it if this one is killed.
    """

    def __init__(self, number: int, settings: Settings, pid_files: PidFiles | None = None) -> None:
        self.number = number
        self._settings = settings
        self._pid_files = pid_files
        self._context = IsolatedContext()
        self._progress = self._context.RawArray("d", 2)
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix=f"auralis-slot-{number}")
        self._executor: ProcessPoolExecutor | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._path: bytes | None = None
        self._started_at: float | None = None
        self._files = 0  # analysed by the current process
        self._given_up: Rejected | None = None

    def state(self) -> WorkerState:
        """Return what the slot is doing."""
        return WorkerState(
            slot=self.number,
            state="working" if self._path is not None else "idle" if self._process else "starting",
            pid=self._process.pid if self._process else None,
            path=os.fsdecode(self._path) if self._path is not None else None,
            started_at=self._started_at,
            decoded_sec=max(0.0, self._progress[0]),
            duration_sec=self._progress[1] or None,
        )

    async def start(self) -> None:
        """Start the process and its imports, unless it is running.

        Raises
        ------
        WorkerUnavailableError
            The process ended or was not ready in time, or the system refused to start it.
        """
        alive = self._process is not None and not wait([self._process.sentinel], 0)  # is_alive() errs while another
        if alive and self._files < RENEW_AFTER:  # thread collects the process
            return
        await self.stop()
        loop = asyncio.get_running_loop()
        try:
            ready = await loop.run_in_executor(self._launcher, self._launch)
            async with asyncio.timeout(START_LIMIT_SEC):
                await asyncio.wrap_future(ready)
        except TimeoutError:
            await self.stop()
            raise WorkerUnavailableError("not ready in time") from None
        except OSError as error:
            await self.stop()
            raise WorkerUnavailableError(f"the system refuses it: {error.strerror}") from error
        except BrokenProcessPool as error:
            await self.stop()
            raise WorkerUnavailableError(str(error)) from error
        except Exception as error:  # a dependency of the analysis is missing or incompatible
            await self.stop()
            log.exception("worker of slot %d", self.number)
            raise WorkerUnavailableError(f"the analysis cannot be loaded ({type(error).__name__}: {error})") from error
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        self._process = self._context.newest

    def _launch(self) -> "Future[int]":
        """Start a process. Blocking."""
        self._executor = ProcessPoolExecutor(
            1,
            mp_context=self._context,
            initializer=init_worker,
            initargs=(self._progress, self._settings.memory_limit_mb),
        )
        ready = self._executor.submit(warm_up)
        process = self._context.newest
        if self._pid_files is not None and process is not None and process.pid is not None:
            self._pid_files.write(process.pid)
        return ready

    async def run(self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = ()) -> Analysed | Rejected:
        """Analyse one file. The slot accepts the next file when this returns, whatever the outcome.

        Parameters
        ----------
        path : bytes
            The file, as the operating system spells it.
        patience : float
            Factor applied to the time limit.
        bounds : sequence of bytes
            Resolved folders, one of which must contain the file when it is opened; empty for no restriction.

        Returns
        -------
        Analysed or Rejected
            ``Rejected`` at stage ``worker`` if the file crashed its worker or exceeded the time limit, and with code
            ``unavailable`` if no worker could be started, which is not the file's fault.
        """
        return await self._run(analyse_file, path, bounds, patience)

    async def call(self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = ()) -> T | Rejected:
        """Run another task on one file, in the same way as ``run`` analyses one.

        Parameters
        ----------
        task : callable
            A module-level function.
        path, bounds
            As in ``run``.
        """
        return await self._run(task, path, bounds, 1.0)

    async def _run(self, task: FileTask[T], path: bytes, bounds: Sequence[bytes], patience: float) -> T | Rejected:
        outcome = await self._attempt(task, path, bounds, patience)
        if outcome is None:  # the process ended before it reached the file, which is not at fault
            outcome = await self._attempt(task, path, bounds, patience)
        return outcome or Rejected("worker", "unavailable", "Two processes ended before they came to the file.")

    async def _attempt(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes], patience: float
    ) -> T | Rejected | None:
        """Run a task on one file. Return None if the process ended before it started to."""
        try:
            await self.start()
        except WorkerUnavailableError as error:
            return Rejected("worker", "unavailable", f"No process to analyse the file could be started: {error}.")
        try:
            self._path, self._started_at, self._given_up = path, time.time(), None
            self._files += 1
            self._progress[0], self._progress[1] = NOT_STARTED, 0.0
            assert self._executor is not None  # noqa: S101 - start() made it
            job = asyncio.wrap_future(self._executor.submit(task, path, tuple(bounds)))
            outcome = await self._watch(job, patience)
        except BrokenProcessPool:
            return await self._lost()
        except asyncio.CancelledError:
            if self._given_up is None:
                await asyncio.shield(self.stop())
                raise
            return self._given_up  # the job was cancelled, not this task
        finally:
            self._path = self._started_at = None
        if isinstance(outcome, Rejected) and outcome.code == "out_of_memory":
            await self.stop()  # its heap may be fragmented
        return outcome

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
        if self._path != path:
            return False
        self._given_up = why
        await self.stop()
        return True

    async def _watch(self, job: "asyncio.Future[T | Rejected]", patience: float) -> T | Rejected:
        """Wait for the outcome within the time limit of the file."""
        started = time.monotonic()
        try:
            while not (await asyncio.wait({job}, timeout=CHECK_EVERY_SEC))[0]:
                limit = self._limit() * patience
                if time.monotonic() - started > limit:
                    await self.stop()
                    return Rejected("worker", "timeout", f"Analysis did not finish within {limit:.0f} seconds.")
            return job.result()
        finally:
            job.cancel()  # abandoned: its outcome is not used

    def _limit(self) -> float:
        """Return the time limit in seconds; it grows with the declared or decoded length of the file."""
        return self._settings.time_limit_sec + self._settings.time_limit_factor * float(max(self._progress))

    async def _lost(self) -> Rejected | None:
        """Stop a lost worker and return how it ended; None if it had not reached the file."""
        if self._given_up is not None:
            return self._given_up
        process, started = self._process, self._progress[0] != NOT_STARTED
        await self.stop()
        if not started:
            return None
        code = process.exitcode if process is not None else None
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            ending = f"ended by {name}"
        else:
            ending = f"ended with exit code {code}"
        log.warning("worker of slot %d %s", self.number, ending)
        return Rejected("worker", "crashed", f"The process analysing this file {ending}.")

    async def stop(self) -> None:
        """Kill the process and wait until it is gone."""
        self._process = None
        self._files = 0
        self._progress[0] = self._progress[1] = 0.0
        await asyncio.get_running_loop().run_in_executor(self._launcher, self._end)

    def _end(self) -> None:
        """Kill the process. Runs in the launcher thread, and so after a launch that is still in progress."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        process = self._context.newest
        pid = process.pid if process is not None else None
        if process is not None and pid is not None:
            process.kill()
        executor.shutdown(wait=True, cancel_futures=True)
        if self._pid_files is not None and pid is not None:
            self._pid_files.remove(pid)

    async def close(self) -> None:
        """Stop the process for good."""
        await self.stop()
        self._launcher.shutdown(wait=False)
