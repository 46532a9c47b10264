"""The part that runs on the machines of a cluster: a plugin of a Dask worker with our own pool of worker processes.

Dask carries jobs and answers; the slots of the pool protect the machine from files, as they do without a cluster.
"""

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
from distributed import WorkerPlugin, get_worker

from ..models import Analysed, FileStamp, Rejected
from ..settings import Settings
from ..workers import messages as worker_messages
from ..workers import tasks
from ..workers.handover import CHANGED
from ..workers.local import local_pool
from ..workers.protocol import Slot
from .fetching import fetch
from .handshake import KEY, CurrentFile, Hello, Load, python_version
from .messages import PROTOCOL, Answer, Answers, Done, NotDone, RemoteBatch, RemoteJob, decode_job, encode
from .mounts import resolve
from .reference import deviation, write_signal

WITHDRAW: Final = "auralis_fp_withdraw"
"""Name of the operation by which a job is given up."""
_TASKS: Final = {task.__name__: task for task in (tasks.compute_parts, tasks.read_tags, tasks.make_cover)}
_BATCH_BYTES: Final = 1 << 20  # of answers, after which no further file of a batch is begun
_WITHDRAWN: Final = Rejected("worker", "withdrawn", "The service does not want this outcome any more.")


@dataclass(slots=True)
class _Current:
    """A job that is here."""

    job: RemoteJob
    task: "asyncio.Task[Any] | None" = None
    slot: Slot | None = None
    path: bytes = b""
    since: float = field(default_factory=time.monotonic)


class Machine(WorkerPlugin):  # type: ignore[misc]  # Dask's classes have no types here
    """Runs the jobs of services in a pool of sealed worker processes.

    Parameters
    ----------
    machine : str
        Name that users see.
    settings : Settings
        Number and limits of the worker processes.
    mounts : mapping of str to Path
        Where the music folders lie on this machine, by name.
    """

    name = KEY

    def __init__(self, machine: str, settings: Settings, mounts: Mapping[str, Path]) -> None:
        self.machine = machine
        self._settings = settings
        self._mounts = {name: os.fsencode(folder) for name, folder in mounts.items()}
        self.hello = b""
        self._here: dict[bytes, _Current] = {}

    async def setup(self, worker: Any) -> None:
        """Start the pool and try it; called by Dask before the worker registers."""
        self._stack = AsyncExitStack()
        self._pool = await self._stack.enter_async_context(local_pool(self._settings))
        self._bounds = await asyncio.to_thread(lambda: [os.path.realpath(folder) for folder in self._mounts.values()])
        self._folder = worker.local_directory  # the next worker removes it if this one is killed
        worker.handlers[WITHDRAW] = self.withdraw
        found = await self._try_out()
        greeting = Hello(
            name=self.machine,
            slots=self._pool.size,
            protocol=PROTOCOL,
            mounts=sorted(self._mounts),
            parts={part.name: part.version for part in self._settings.parts},
            python=python_version(),
            distributed=version("distributed"),
            kernels=", ".join(self._pool.kernels()),
            deviation=found if isinstance(found, float) else None,
            fault=found[:500] if isinstance(found, str) else "",
            lacking=self._pool.lacking(),
            clock=time.time(),
        )
        self.hello = msgspec.json.encode(greeting)

    async def teardown(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
        """End the worker processes."""
        await self._stack.aclose()

    async def _try_out(self) -> float | str:
        """Return the deviation for the reference signal, or why it cannot be analysed."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            file = Path(folder) / "reference.wav"
            await asyncio.to_thread(write_signal, file)
            async with self._pool.lease() as slot:
                outcome = await slot.run(os.fsencode(file))
        return deviation(outcome.fingerprint) if isinstance(outcome, Analysed) else outcome.reason

    async def run(self, data: bytes) -> bytes:
        """Do a job or a batch and return the answer, both as bytes."""
        job = decode_job(data)
        if isinstance(job, RemoteBatch):
            return encode(await self._run_batch(job))
        return encode(await (self._run_mounted(job) if job.mount else self._run_fetched(job)))

    async def _run_mounted(self, job: RemoteJob) -> Answer:
        async with self._leased(job.id, job, job.alone) as current:
            return await self._do_mounted(current, job)

    async def _run_fetched(self, job: RemoteJob) -> Answer:
        """Fetch a file, outside of the worker processes, and analyse it."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            fetched = await fetch(job.path, Path(folder))
            if isinstance(fetched, Rejected):
                return self._answer(job, fetched)
            async with self._leased(job.id, job, job.alone) as current:
                return self._answer(job, await self._do(current, job, os.fsencode(fetched), (), None))

    async def _run_batch(self, batch: RemoteBatch) -> Answers:
        answers, size, ends_at = list[Answer](), 0, time.monotonic() + batch.limit_sec
        async with self._leased(batch.id, batch.jobs[0], batch.alone) as current:
            for job in batch.jobs:
                current.job = job
                answers.append(await self._do_mounted(current, job))
                size += len(encode(answers[-1]))
                if time.monotonic() > ends_at or size > _BATCH_BYTES:
                    break
        return Answers(answers=answers)

    @asynccontextmanager
    async def _leased(self, id: bytes, job: RemoteJob, alone: bool) -> AsyncIterator[_Current]:  # noqa: A002, FBT001
        """Lease a slot for a job or a batch, which can be given up by its id."""
        current = self._here[id] = _Current(job, asyncio.current_task())
        try:
            async with self._pool.lease(alone=alone) as slot:
                current.slot, current.since = slot, time.monotonic()
                yield current
        finally:
            del self._here[id]

    async def _do_mounted(self, current: _Current, job: RemoteJob) -> Answer:
        """Do a job on a file in a mount."""
        path = resolve(job.mount, job.path, self._mounts)
        if path is None:
            return NotDone(code="elsewhere", reason=f"{self.machine} has no music folder {job.mount!r}.")
        return self._answer(job, await self._do(current, job, path, self._bounds, job.stamp))

    async def _do(
        self, current: _Current, job: RemoteJob, path: bytes, bounds: Sequence[bytes], stamp: FileStamp | None
    ) -> Any:
        """Return the outcome of a job."""
        assert current.slot is not None  # noqa: S101 - leased
        current.path = path
        if job.task == tasks.analyse_file.__name__:
            return await current.slot.run(path, job.patience, bounds, stamp)
        task: Any = _TASKS.get(job.task)
        if task is None:
            return Rejected("worker", "unavailable", f"There is no task {job.task!r}.")
        return await current.slot.call(task, path, bounds, stamp)

    def _answer(self, job: RemoteJob, outcome: Any) -> Answer:
        if isinstance(outcome, Rejected) and outcome.code in {"unavailable", "withdrawn", CHANGED}:
            code = "elsewhere" if outcome.code == CHANGED else outcome.code
            return NotDone(code=code, reason=f"{self.machine}: {outcome.reason}"[:4000])
        return Done(reply=worker_messages.encode(worker_messages.reply_to(job.id, outcome)))

    async def withdraw(self, id: bytes) -> bool:  # noqa: A002 - the name in the message
        """Give a job up. Return True if it was here."""
        current = self._here.get(bytes(id))
        if current is None:
            return False
        if current.slot is not None:
            return await current.slot.give_up(current.path, _WITHDRAWN)
        return current.task is not None and current.task.cancel()

    def load(self) -> str:
        """Return what the machine does at the moment, as JSON."""
        now = time.monotonic()
        files = []
        for current in list(self._here.values()):
            if current.slot is None:
                continue
            state = current.slot.state()
            files.append(
                CurrentFile(
                    mount=current.job.mount,
                    path=os.fsdecode(current.job.path).encode("utf-8", "backslashreplace").decode("utf-8"),
                    since_sec=now - current.since,
                    decoded_sec=state.decoded_sec,
                    duration_sec=state.duration_sec or 0.0,
                )
            )
        return msgspec.json.encode(Load(clock=time.time(), files=files)).decode("utf-8")


def plugin_of(worker: Any) -> Machine | None:
    """Return our plugin of a Dask worker."""
    found = worker.plugins.get(KEY)
    return found if isinstance(found, Machine) else None


def greeting_of(worker: Any) -> str:
    """Return the greeting that a worker registers with."""
    machine = plugin_of(worker)
    return machine.hello.decode("utf-8") if machine is not None else ""


def load_of(worker: Any) -> str:
    """Return what a worker does, for its heartbeat."""
    machine = plugin_of(worker)
    return machine.load() if machine is not None else json.dumps(None)


async def run_job(data: bytes) -> bytes:
    """Do a job on the worker that runs this task; see ``Machine.run``."""
    machine = plugin_of(get_worker())
    if machine is None:
        return encode(NotDone(code="unavailable", reason=f"{platform.node()} was not started by `auralis-fp worker`."))
    return await machine.run(data)
