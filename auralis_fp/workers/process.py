"""Slots that are local worker processes.

A crash or a timeout costs the file that the slot was analysing, and names it; the slot then starts a new process. Files
in other slots are not affected.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from ..models import Analysed, FileStamp, Rejected
from ..runtime.threads import in_daemon_thread
from ..settings import Settings
from ..states import WorkerState
from .handover import Handover, OneFile
from .messages import OUTCOMES, Plan, Progress, Ready
from .pidfiles import PidFiles
from .protocol import FileTask, T, WorkerUnavailableError
from .tasks import INTERRUPTED, InterruptedAnalysisError, analyse_file
from .worker import MisbehavedError, Worker, WorkerLostError

log = logging.getLogger(__name__)

START_LIMIT_SEC: Final = 120.0  # the imports may come from a cold, slow disk
CHECK_EVERY_SEC: Final = 1.0
INTERRUPT_LIMIT_SEC: Final = 0.5  # for the worker to stop by itself
RENEW_AFTER: Final = 1000  # files, after which a new process frees what decoders have leaked


class ProcessSlot:
    """Analyses one file at a time in a process of its own, and replaces the process when it is lost.

    Parameters
    ----------
    number : int
    settings : Settings
    plan : Plan
        What its processes compute.
    pid_files : PidFiles, optional
        Records the process, so that the next run can end it if this one is killed.
    """

    def __init__(self, number: int, settings: Settings, plan: Plan, pid_files: PidFiles | None = None) -> None:
        self.number = number
        self.lacking: tuple[str, ...] = ()  # protections that the newest process lacks
        self.kernels = ""  # what the newest process computes with
        self._settings, self._plan = settings, plan
        self._pid_files = pid_files
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix=f"auralis-slot-{number}")
        self._talker = ThreadPoolExecutor(1, thread_name_prefix=f"auralis-talk-{number}")
        self._worker: Worker | None = None
        self._ready = False
        self._exit_code: int | None = None
        self._path: bytes | None = None
        self._started_at: float | None = None
        self._reached = False  # the worker has reached the file
        self._decoded_sec = self._duration_sec = 0.0
        self._files = 0  # analysed by the current process
        self._given_up: Rejected | None = None
        self._job: asyncio.Future[Any] | None = None
        self._interrupted = False

    def state(self) -> WorkerState:
        """Return what the slot is doing."""
        worker = self._worker
        ready = self._ready and worker is not None and worker.exit_code is None
        return WorkerState(
            slot=self.number,
            state="working" if self._path is not None else "idle" if ready else "starting",
            pid=worker.pid if ready and worker is not None else None,
            path=os.fsdecode(self._path) if self._path is not None else None,
            started_at=self._started_at,
            decoded_sec=self._decoded_sec,
            duration_sec=self._duration_sec or None,
        )

    async def start(self) -> None:
        """Start the process and its imports, unless it is running.

        Raises
        ------
        WorkerUnavailableError
            The process ended or was not ready in time, or the system refused to start it.
        """
        alive = self._ready and self._worker is not None and self._worker.exit_code is None
        if alive and self._files < RENEW_AFTER:
            return
        await self.stop()
        try:
            async with asyncio.timeout(START_LIMIT_SEC):
                ready = await self._launched()
        except TimeoutError:
            await self.stop()
            raise WorkerUnavailableError("not ready in time") from None
        except OSError as error:
            await self.stop()
            raise WorkerUnavailableError(f"the system refuses it: {error.strerror}") from error
        except WorkerLostError:
            await self.stop()
            raise WorkerUnavailableError(f"the process {self._ending()} while it started") from None
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        self._ready = True
        self.lacking, self.kernels = tuple(ready.lacking), ready.kernels

    async def _launched(self) -> Ready:
        loop = asyncio.get_running_loop()
        worker = await loop.run_in_executor(self._launcher, self._launch)
        return await loop.run_in_executor(self._talker, worker.prepare, self._plan)

    def _launch(self) -> Worker:
        """Start a process. Blocking."""
        self._worker = worker = Worker()
        if self._pid_files is not None:
            self._pid_files.write(worker.pid)
        return worker

    async def run(
        self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> Analysed | Rejected:
        """Analyse one file, see ``protocol.Slot``."""
        return await self._run(analyse_file, OneFile(path, bounds, stamp), patience)

    async def call(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> T | Rejected:
        """Run another task on one file, see ``protocol.Slot``."""
        return await self._run(task, OneFile(path, bounds, stamp), 1.0)

    async def call_each(self, task: FileTask[T], files: Sequence[OneFile], limit_sec: float) -> list[T | Rejected]:
        """Run a short task on several files in turn, see ``protocol.Slot``."""
        outcomes, ends_at = list[T | Rejected](), time.monotonic() + limit_sec
        for file in files:
            outcomes.append(await self._run(task, file, 1.0))
            if time.monotonic() > ends_at:
                break
        return outcomes

    async def _run(self, task: FileTask[T], file: OneFile, patience: float) -> T | Rejected:
        outcome = await self._attempt(task, file, patience)
        if outcome is None:  # the process ended before it reached the file, which is not at fault
            outcome = await self._attempt(task, file, patience)
        return outcome or Rejected("worker", "unavailable", "Two processes ended before they came to the file.")

    async def _attempt(self, task: FileTask[T], file: OneFile, patience: float) -> T | Rejected | None:
        """Run a task on one file. Return None if the process ended before it started to."""
        try:
            await self.start()
        except WorkerUnavailableError as error:
            return Rejected("worker", "unavailable", f"No process to analyse the file could be started: {error}.")
        try:
            self._path, self._started_at, self._given_up = file.path, time.time(), None
            self._files += 1
            self._reached, self._decoded_sec, self._duration_sec = False, 0.0, 0.0
            self._interrupted = False
            self._job = asyncio.ensure_future(self._handed_over(task, file))
            outcome = await self._watch(self._job, patience)
        except WorkerLostError as error:
            return await self._lost(error)
        except asyncio.CancelledError:
            if self._given_up is None:
                await asyncio.shield(self.stop())
                raise
            return self._given_up  # the job was cancelled, not this task
        finally:
            self._path = self._started_at = self._job = None
        if isinstance(outcome, Rejected) and outcome.code == "out_of_memory":
            await self.stop()  # its heap may be fragmented
        elif isinstance(outcome, Rejected) and outcome.code == INTERRUPTED and not self._interrupted:
            return await self._lost(MisbehavedError("it stopped without being asked"))
        return outcome

    async def _handed_over(self, task: FileTask[T], file: OneFile) -> T | Rejected:
        """Open the file, hand it to the worker, and return the outcome."""
        worker, handover = self._worker, Handover(task.__name__, file)
        try:
            refused = await in_daemon_thread(handover.open)
            if refused is not None or worker is None:
                return refused or Rejected("worker", "unavailable", "The process was ended.")
            kinds = OUTCOMES[task.__name__]
            loop = asyncio.get_running_loop()
            outcome: T | Rejected = await loop.run_in_executor(self._talker, worker.run, handover, kinds, self._note)
            return outcome
        finally:
            handover.close()

    def _note(self, progress: Progress) -> None:
        """Record what the worker says about its progress."""
        self._reached = True
        self._decoded_sec, self._duration_sec = progress.decoded_sec, progress.duration_sec

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file, see ``protocol.Slot``."""
        if self._path != path:
            return False
        self._given_up = why
        await self.stop()
        return True

    async def interrupt(self) -> bool:
        """End the analysis in progress, so that the slot is free; its outcome is ``Rejected`` with ``interrupted``.

        The worker stops by itself and stays; one that does not react is ended.

        Returns
        -------
        bool
            False if no analysis has begun.
        """
        worker, job, path = self._worker, self._job, self._path
        if worker is None or job is None or path is None or not self._reached:
            return False
        self._interrupted = True
        with contextlib.suppress(OSError):  # it has just ended
            worker.interrupt()  # a few bytes, sent from here: from a thread they could come to the next task
        if not (await asyncio.wait({job}, timeout=INTERRUPT_LIMIT_SEC))[0]:
            error = InterruptedAnalysisError()
            await self.give_up(path, Rejected(error.stage, error.code, str(error)))
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
        return self._settings.time_limit_sec + self._settings.time_limit_factor * max(
            self._decoded_sec, self._duration_sec
        )

    async def _lost(self, error: WorkerLostError) -> Rejected | None:
        """Stop a lost worker and return how it ended; None if it had not reached the file."""
        if self._given_up is not None:
            return self._given_up
        reached = self._reached
        await self.stop()
        if not reached:
            return None
        ending = f"broke the protocol ({error})" if isinstance(error, MisbehavedError) else self._ending()
        log.warning("worker of slot %d %s", self.number, ending)
        return Rejected("worker", "crashed", f"The process analysing this file {ending}.")

    def _ending(self) -> str:
        """Return how the last process ended."""
        code = self._exit_code
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return f"ended by {name}"
        return f"ended with exit code {code}"

    async def stop(self) -> None:
        """Kill the process and wait until it is gone."""
        self._ready = False
        self._files = 0
        self._decoded_sec = self._duration_sec = 0.0
        await asyncio.get_running_loop().run_in_executor(self._launcher, self._end)

    def _end(self) -> None:
        """Kill the process. Runs in the launcher thread, and so after a launch that is still in progress."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        self._exit_code = worker.kill()
        self._talker.submit(worker.close)  # after what the thread is doing
        if self._pid_files is not None:
            self._pid_files.remove(worker.pid)

    async def close(self) -> None:
        """Stop the process for good."""
        await self.stop()
        self._launcher.shutdown(wait=False)
        self._talker.shutdown(wait=False)
