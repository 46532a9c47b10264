"""Construction of the long-lived parts of a running service, in the order of their dependencies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ..cluster.pool import ClusterPool
from ..files.access import PathPolicy
from ..files.rules import Rules
from ..jobs.circuit_breaker import CircuitBreakers
from ..jobs.context import Context
from ..jobs.part_updates import PartUpdater
from ..jobs.pipeline import Pipeline
from ..jobs.system_load import LoadMonitor
from ..jobs.tag_updates import TagUpdater
from ..jobs.throttle import BackgroundGate
from ..jobs.throughput import Throughput
from ..runtime.event_bus import EventBus
from ..runtime.tasks import cancel_and_wait, supervise
from ..settings import Settings
from ..sidecars.outbox import Outbox
from ..similarity.process import IndexProcess
from ..states import Health
from ..store.database import open_database
from ..store.due_parts import DueParts
from ..store.files import Library
from ..store.host_library import HostLibrary
from ..store.job_queue import JobQueue
from ..store.tags import TagStore
from ..watching.watcher import Watcher
from ..workers.local import local_pool
from ..workers.pidfiles import PidFiles
from ..workers.pool import WorkerPool
from ..workers.protocol import Pool
from .audio import AudioFiles
from .folder_accounts import FolderAccounts
from .host import Host
from .lookup import FingerprintLookup
from .metrics import Metrics
from .music import Music
from .status import ChangeSignal, StatusBoard

log = logging.getLogger(__name__)

OnFolders = Callable[[Sequence[Path]], Awaitable[None]]

MAP_IDLE_SEC: Final = 10.0  # a map is asked for rarely, and takes too long for the process that answers queries
PAUSED: Final = "paused"  # key of the remembered switch


@dataclass(frozen=True, slots=True)
class Components:
    """The parts of a running service."""

    context: Context
    pipeline: Pipeline
    watcher: Watcher
    board: StatusBoard
    lookup: FingerprintLookup
    index: IndexProcess
    map_index: IndexProcess
    music: Music
    audio: AudioFiles
    host: Host | None

    def report(self, part: str, reason: str | None) -> None:
        """Show the fault of a part.

        Parameters
        ----------
        part : str
        reason : str or None
            None if the part works.
        """
        _report(self.context.health, self.board.changed, part, reason)


async def assemble(
    settings: Settings, metrics: Metrics, stack: AsyncExitStack, on_host_folders: OnFolders | None = None
) -> Components:
    """Build and start all parts of a service.

    Parameters
    ----------
    settings : Settings
    metrics : Metrics
        Counts the events.
    stack : AsyncExitStack
        Stops what was started, in reverse order.
    on_host_folders : callable, optional
        Called with the host's music folders when they change.

    Raises
    ------
    AuralisError
        The service cannot start, for example because another instance uses the data directory.
    """
    signal = ChangeSignal()
    context = await _build_context(settings, metrics, signal, stack)
    monitor = LoadMonitor(context.gate, settings.busy_percent, context.pool.pids)

    def on_away(path: bytes) -> None:
        watcher.scan(path)

    def on_folders() -> None:
        signal.set()
        accounts.notify()

    pipeline = Pipeline(context, signal.set, on_away, monitor.work_started)
    watcher = Watcher(settings, pipeline.reconciler, context.health, on_folders, context.rules)
    due_parts = DueParts(context.library.database, settings.parts)
    part_updater = PartUpdater(context, due_parts, pipeline.reconciler.observe, signal.set)
    flights = pipeline.dispatcher.flights
    board = StatusBoard(context, watcher, pipeline.results.finished, flights, signal, part_updater)
    accounts = FolderAccounts(context.library, board.folders)
    policy = PathPolicy.from_settings(settings)
    lookup = FingerprintLookup(policy, context, pipeline.dispatcher, signal.set)
    context.bus.handlers.append(lookup.on_event)
    stack.push_async_callback(lookup.links.close)
    index, map_index = await _indexes(settings, stack)
    await stack.enter_async_context(pipeline)
    await stack.enter_async_context(watcher)
    stack.push_async_callback(accounts.close)
    tags = TagStore(context.library.database)
    tasks: dict[str, Callable[[], Awaitable[None]]] = {
        "status": board.run,
        "first worker": context.pool.warm,
        "system load": monitor.run,
        "tags": TagUpdater(context, tags, signal.set).run,
        "folder accounts": accounts.run,
        "parts": part_updater.run,
    }
    host = await _host(settings, context, lookup, signal)
    if host is not None:
        board.host = host.summary
        tasks["host library"] = partial(host.run, on_host_folders)
    for name, work in tasks.items():
        task = asyncio.create_task(supervise(name, work, context.health), name=name)
        stack.push_async_callback(cancel_and_wait, task)
    music, audio = Music(context, tags), AudioFiles(lookup)
    return Components(context, pipeline, watcher, board, lookup, index, map_index, music, audio, host)


async def _indexes(settings: Settings, stack: AsyncExitStack) -> tuple[IndexProcess, IndexProcess]:
    """Return the process that answers queries, and the one that makes maps."""
    pid_files = PidFiles(settings.data_dir / "workers")
    index = await stack.enter_async_context(IndexProcess(settings.database, pid_files))
    return index, await stack.enter_async_context(IndexProcess(settings.database, pid_files, idle_sec=MAP_IDLE_SEC))


async def _host(settings: Settings, context: Context, lookup: FingerprintLookup, signal: ChangeSignal) -> Host | None:
    """Return the host's library after a first reading, or None without one."""
    if not settings.host_database:
        return None
    report = partial(_report, context.health, signal.set)
    library, database = HostLibrary(settings.host_database), context.library.database
    host = Host(library, database, context.job_queue, lambda: lookup.policy, report)
    await host.check()
    return host


async def _build_context(settings: Settings, metrics: Metrics, signal: ChangeSignal, stack: AsyncExitStack) -> Context:
    database = await stack.enter_async_context(open_database(settings.database))
    library, health, bus = Library(database), Health(), EventBus()
    database.trouble = partial(_report, health, signal.set, "database lock")
    gate = BackgroundGate(settings.quiet_hours)
    gate.pause(paused=await library.recall(PAUSED) == "yes")
    bus.handlers.append(metrics.on_event)
    stack.callback(bus.close)
    pid_files = PidFiles(settings.data_dir / "workers")
    await asyncio.to_thread(pid_files.end_orphans)
    pool: Pool = await stack.enter_async_context(await _pool(settings, signal, pid_files, health, gate))
    rules = await asyncio.to_thread(Rules.from_settings, settings)  # resolves links: a disk may be asleep
    return Context(
        settings=settings,
        library=library,
        job_queue=JobQueue(database),
        outbox=Outbox(library, rules, settings, health),
        pool=pool,
        gate=gate,
        throughput=Throughput(),
        bus=bus,
        health=health,
        rules=rules,
        breakers=CircuitBreakers(),
    )


async def _pool(
    settings: Settings, signal: ChangeSignal, pid_files: PidFiles, health: Health, gate: BackgroundGate
) -> WorkerPool | ClusterPool:
    if not settings.cluster:
        local: WorkerPool = await asyncio.to_thread(local_pool, settings, signal.set, pid_files)  # counts processors
        return local
    report = partial(_report, health, signal.set, "cluster")

    def on_change() -> None:
        signal.set()
        gate.notify()

    pool: ClusterPool = await asyncio.to_thread(ClusterPool, settings, on_change, pid_files, report)
    if not settings.cluster_throttled:
        gate.elsewhere = lambda: pool.machines_here.slots > 0
        pool.held = lambda: gate.blocked_by() is not None
    return pool


def _report(health: Health, on_change: Callable[[], None], part: str, reason: str | None) -> None:
    """Show the fault of a part, or with None that it has none."""
    if reason == health.faults.get(part):
        return
    if reason is None:
        health.mark_up(part)
    else:
        log.warning("%s: %s", part, reason)
        health.mark_down(part, reason)
    on_change()
