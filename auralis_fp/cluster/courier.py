"""The courier process: the client of a Dask scheduler on behalf of a service.

It runs apart from the service because ``distributed`` loads NumPy, and because it unpickles what other machines send.
It is sealed but for its connection to the scheduler, and passes jobs and answers on without reading them.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import time
import warnings
from importlib.metadata import version
from typing import Any, Final

import dask
from distributed import Client

from ..runtime.tasks import Backoff
from ..workers import sandbox
from ..workers.channel import ProtocolError, adopt_descriptor
from ..workers.seal import seal_courier
from .handshake import KEY
from .machine import WITHDRAW, run_job
from .messages import (
    Answered,
    Assign,
    Connect,
    FromCourier,
    Link,
    Lost,
    Report,
    Roster,
    Withdraw,
    decode_for_courier,
    encode,
)
from .reasons import explain
from .streams import Frames, open_frames

ROSTER_SEC: Final = 1.0
CONNECT_SEC: Final = 5.0
SILENT_SEC: Final = 15.0  # without an answer of the scheduler: the network is cut
FIRST_RETRY_SEC: Final = 0.5
LONGEST_RETRY_SEC: Final = 8.0
MEMORY_LIMIT: Final = 8 << 30  # bytes of address space
_TLS_FILES: Final = ("ca-file", "client.cert", "client.key")


class Courier:
    """Submits jobs, and sends their answers and the list of machines.

    Parameters
    ----------
    frames : Frames
        Connection to the service.
    scheduler : str
        Address of the scheduler.
    lacking : list of str
        Protections that this process lacks.
    """

    def __init__(self, frames: Frames, scheduler: str, lacking: list[str]) -> None:
        self._frames = frames
        self._scheduler = scheduler
        self._lacking = lacking
        self._client: Any = None
        self._out: dict[int, tuple[str, Any]] = {}  # jobs on their way: the machine, and the outcome to be
        self._tasks: set[asyncio.Task[None]] = set()
        self._session = secrets.token_hex(8)
        self._reason = ""
        self._heartbeats: dict[str, tuple[object, float]] = {}  # the last of each machine, and when it was noticed

    def _send(self, message: FromCourier) -> None:
        self._frames.send(encode(message))

    async def listen(self) -> None:
        """Serve the service until it closes the connection."""
        while True:
            message = decode_for_courier(await self._frames.receive())
            if isinstance(message, Assign):
                self._assign(message)
            elif isinstance(message, Withdraw):
                self._spawn(self._withdraw(message))

    async def keep_connected(self) -> None:
        """Connect to the scheduler, and again whenever the connection is lost; runs until cancelled."""
        backoff = Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC)
        while True:
            try:
                async with asyncio.timeout(SILENT_SEC):
                    client = await Client(
                        self._scheduler,
                        asynchronous=True,
                        direct_to_workers=False,
                        set_as_default=False,
                        timeout=CONNECT_SEC,
                        name=KEY,
                    )
            except Exception as error:  # noqa: BLE001 - whatever it is, the service shows it
                self._disconnected(explain(self._scheduler, error))
                await asyncio.sleep(backoff.next())
                continue
            backoff.reset()
            self._client = client
            try:
                await self._follow(client)
            finally:
                self._client = None
                with contextlib.suppress(Exception):  # the connection may be gone
                    async with asyncio.timeout(2):
                        await client.close()

    async def _follow(self, client: Any) -> None:
        """Send the list of machines for as long as the scheduler answers."""
        self._reason = ""
        self._send(Link(connected=True, distributed=version("distributed"), lacking=self._lacking))
        while True:
            try:
                if client.status != "running":
                    raise ConnectionError("the connection to the scheduler was lost")
                async with asyncio.timeout(SILENT_SEC):
                    identity = await client.scheduler.identity(n_workers=-1)
            except Exception as error:  # noqa: BLE001 - the same
                self._disconnected(explain(self._scheduler, error))
                return
            machines = [self._report(address, worker) for address, worker in identity["workers"].items()]
            self._send(Roster(machines=machines))
            self._lose({report.address for report in machines})
            await asyncio.sleep(ROSTER_SEC)

    def _report(self, address: str, worker: dict[str, Any]) -> Report:
        metrics, now, beat = worker.get("metrics") or {}, time.monotonic(), worker.get("last_seen")
        if self._heartbeats.get(address, (None, 0.0))[0] != beat:  # clocks may differ: only changes of it are used
            self._heartbeats[address] = (beat, now)
        return Report(
            address=str(address)[:200],
            host=str(worker.get("host", ""))[:200],
            name=str(worker.get("name", ""))[:200],
            hello=_text(worker.get(KEY)),
            load=_text(metrics.get(KEY)),
            silent_sec=now - self._heartbeats[address][1],
        )

    def _disconnected(self, reason: str) -> None:
        for number in list(self._out):
            self._lost(number, reason, machine=False)
        if reason != self._reason:
            self._reason = reason
            self._send(Link(connected=False, reason=reason, distributed=version("distributed"), lacking=self._lacking))

    def _lose(self, present: set[str]) -> None:
        """Report the jobs of machines that are gone."""
        for number, (address, _) in list(self._out.items()):
            if address not in present:
                self._lost(number, "The machine has left the cluster.")

    def _lost(self, number: int, reason: str, *, machine: bool = True) -> None:
        _, future = self._out.pop(number)
        with contextlib.suppress(Exception):  # the client may be closed
            future.release()
        self._send(Lost(number=number, reason=reason, machine=machine))

    def _assign(self, message: Assign) -> None:
        if self._client is None:
            reason = "There is no connection to the scheduler."
            self._send(Lost(number=message.number, reason=reason, machine=False))
            return
        future = self._client.submit(
            run_job,
            message.job,
            key=f"{KEY}-{self._session}-{message.number}",
            workers=[message.address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        self._out[message.number] = (message.address, future)
        self._spawn(self._gather(message.number, future))

    async def _gather(self, number: int, future: Any) -> None:
        try:
            answer = await future
        except asyncio.CancelledError:
            if number in self._out:
                self._lost(number, "The scheduler has dropped the job.", machine=False)
            raise
        except Exception as error:  # noqa: BLE001 - Dask reports a lost worker in several ways
            if number in self._out:
                self._lost(number, f"{type(error).__name__}: {error}"[:500])
            return
        if number not in self._out:  # given up
            return
        if not isinstance(answer, bytes):
            self._lost(number, "The machine sent no answer of ours.")
            return
        del self._out[number]
        future.release()
        self._send(Answered(number=number, answer=answer))

    async def _withdraw(self, message: Withdraw) -> None:
        known = self._out.pop(message.number, None)
        if known is None or self._client is None:
            return
        with contextlib.suppress(Exception):  # the machine may be gone
            async with asyncio.timeout(SILENT_SEC):
                operation = {"op": WITHDRAW, "id": message.id}
                await self._client.scheduler.broadcast(msg=operation, workers=[message.address], on_error="ignore")
        known[1].release()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def tls_files() -> list[str]:
    """Return the certificate files of Dask's configuration, which are read at each connection."""
    found = [dask.config.get(f"distributed.comm.tls.{name}", None) for name in _TLS_FILES]
    return [os.path.abspath(name) for name in found if isinstance(name, str)]


def main() -> None:
    """Serve the process that started this one until it ends or closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    sandbox.end_with_parent()
    sandbox.limit_memory(MEMORY_LIMIT)
    dask.config.set({"distributed.client.scheduler-info-interval": "1h"})  # asked for by ``_follow``
    logging.disable(logging.CRITICAL)  # the service reports what is wrong
    warnings.simplefilter("ignore")  # such as of other versions, which the handshake compares
    descriptor = adopt_descriptor()
    lacking = seal_courier(tls_files())
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        asyncio.run(_serve(descriptor, lacking))
    sys.stdout = None  # nothing is left to print to
    os._exit(0)  # threads of distributed may still wait


async def _serve(descriptor: int, lacking: list[str]) -> None:
    frames = await open_frames(descriptor)
    connect = decode_for_courier(await frames.receive())
    if not isinstance(connect, Connect):
        raise ProtocolError("the first message is no address")
    courier = Courier(frames, connect.scheduler, lacking)
    connecting = asyncio.ensure_future(courier.keep_connected())
    try:
        await courier.listen()
    finally:
        connecting.cancel()
