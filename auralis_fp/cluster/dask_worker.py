"""A Dask worker with our plugin, under a Dask nanny that replaces it when it is lost."""

import asyncio
import logging
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import dask
from distributed import Nanny

from ..runtime.tasks import Backoff
from ..settings import Settings
from ..workers.capacity import choose_workers
from .handshake import KEY
from .machine import Machine, greeting_of, load_of
from .reasons import explain
from .remote_machine import WINDOW

log = logging.getLogger(__name__)

FIRST_RETRY_SEC: Final = 1.0
LONGEST_RETRY_SEC: Final = 15.0
RUNS_WELL_SEC: Final = 60.0
CONNECT_SEC: Final = 15
_CONFIG: Final = {
    "distributed.nanny.environ": {},  # worker processes get their own
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": f"{CONNECT_SEC}s",
    # two processes that look at themselves 50 times a second cost a machine two percent of a processor
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
}


async def serve_machine(
    scheduler: str, settings: Settings, mounts: Mapping[str, Path], name: str, say: Callable[[str], None]
) -> None:
    """Work for the services of a scheduler until cancelled; wait for it while it cannot be reached.

    Parameters
    ----------
    scheduler : str
        Address of the Dask scheduler.
    settings : Settings
        Number and limits of the worker processes.
    mounts : mapping of str to Path
        Where the music folders lie on this machine, by name.
    name : str
        Name of this machine that users see.
    say : callable
        Receives sentences for the user.
    """
    backoff, loop = Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC), asyncio.get_running_loop()
    slots = choose_workers(settings)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(_CONFIG), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong is said in sentences
        while True:
            began = loop.time()
            plugin = Machine(name, settings, mounts)
            try:
                async with _nanny(scheduler, plugin, WINDOW * slots) as nanny:
                    say(f"{name} works for {scheduler} with {slots} slots (distributed {version('distributed')}).")
                    await nanny.finished()
                reason = f"The connection to {scheduler} was lost."
            except (OSError, TimeoutError, RuntimeError, ValueError) as error:
                reason = explain(scheduler, error)
            if loop.time() - began > RUNS_WELL_SEC:
                backoff.reset()
            pause = backoff.next()
            say(f"{reason} Tried again in {pause:.0f} s.")
            await asyncio.sleep(pause)


def _nanny(scheduler: str, plugin: Machine, threads: int) -> Any:
    """Return a nanny whose worker takes *threads* jobs at a time."""
    return Nanny(
        scheduler,
        nthreads=threads,
        name=f"{plugin.machine}-{token_hex(4)}",
        memory_limit=0,  # the worker processes have limits of their own
        plugins=(plugin,),
        startup_information={KEY: greeting_of},
        metrics={KEY: load_of},
        heartbeat_interval="1s",
        silence_logs=logging.CRITICAL,
        dashboard=False,
    )
