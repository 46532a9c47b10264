"""Fingerprints for host code: from the sidecar, else from the running service, else analysed in a process of its own.

The client may be used from threads and from event loops; nothing numeric is imported into the host.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import aiohttp

from . import schema
from .errors import AuralisError
from .files.regular import NotRegularFileError, require_regular
from .models import Analysed, FileStamp, Rejected, TrackMetadata
from .runtime.serialization import public_reason
from .settings import Settings, load_settings
from .sidecars import storage as sidecar
from .workers.process import local_pool
from .workers.protocol import Pool

log = logging.getLogger(__name__)

SERVICE: Final = "http://localhost:8766/fingerprint"  # where `auralis-fp serve` listens
CHECK_LIMIT_SEC: Final = 2.0
PRESENT_FOR_SEC: Final = 30.0  # how long it is believed that the service is there
ABSENT_FOR_SEC: Final = 5.0  # and that it is not
IDLE_SEC: Final = 60.0  # after which worker processes are let go
_FINAL_STAGES: Final = frozenset({"decode", "analysis", "worker", "internal"})

Path = str | bytes | os.PathLike[str]
Source = Literal["sidecar", "service", "analysis"]


@dataclass(frozen=True, slots=True)
class Found:
    """A fingerprint and where it is from.

    ``fingerprint`` holds the 25 dimensions in their order, in the founding document's units (see ``units`` for the
    host's); ``metadata`` what else is known of the track.
    """

    path: str
    fingerprint: dict[str, float]
    metadata: dict[str, Any]
    processing_time_ms: float
    source: Source


class NoFingerprintError(AuralisError):
    """A file has no fingerprint; ``stage`` and ``code`` say why, and so does the sentence."""

    def __init__(self, stage: str, code: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.code = code


class _ServiceAway(Exception):  # noqa: N818 - not an error, but news
    """The service cannot be reached, or cannot answer for this file."""

    def __init__(self, reason: str, *, lost: bool) -> None:
        super().__init__(reason)
        self.lost = lost  # the connection failed: it may have been restarted just now


class FingerprintClient:
    """Asks for fingerprints; use it as a context manager, or ``close`` it.

    Parameters
    ----------
    service : str or None
        Address of the service's prefix; None to do without.
    token : str, optional
        Sent as a bearer token.
    on_result : callable, optional
        Called with each ``Found``, in the thread or task that asked; what it raises reaches whoever asked.
    timeout_sec : float
        How long the service may take for one file.
    settings : Settings, optional
        For sidecars and workers. If not given they are gathered from *given*, the environment and ``auralis-fp.toml``.
    **given
        Settings by name, when *settings* is not given.

    Raises
    ------
    SettingsError
        A setting is unknown or bad.

    Notes
    -----
    All work is done by one thread that is begun when first needed. Whether the service is there is found out again and
    again: one that is started later is used within five seconds, one that ends is done without at once. Only
    a service of this algorithm and version is asked: numbers of different ones are never mixed.
    """

    def __init__(
        self,
        service: str | None = SERVICE,
        *,
        token: str | None = None,
        on_result: Callable[[Found], None] | None = None,
        timeout_sec: float = 300.0,
        settings: Settings | None = None,
        **given: Any,
    ) -> None:
        self.settings = settings or load_settings(given)
        self._on_result = on_result
        self._service = _Service(service.rstrip("/"), token, timeout_sec) if service else None
        self._analysis = _Analysis(self.settings)
        self._loop = _LoopThread()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.to_thread(self.close)

    def fingerprint(self, path: Path, track_id: int) -> Found:
        """Return the fingerprint of a file. Blocks; event loops await ``fingerprint_async``.

        Parameters
        ----------
        path : path-like
        track_id : int
            The host's id of the track, which the service remembers.

        Raises
        ------
        NoFingerprintError
            There is none; it says why.
        RuntimeError
            The client is closed.
        """
        future = self._loop.submit(self._find(path, track_id))
        try:
            return self._tell(future.result())
        finally:
            future.cancel()

    async def fingerprint_async(self, path: Path, track_id: int) -> Found:
        """Return the fingerprint of a file, as ``fingerprint`` does, without blocking."""
        return self._tell(await asyncio.wrap_future(self._loop.submit(self._find(path, track_id))))

    def close(self) -> None:
        """End workers and connections; nothing can be asked afterwards."""
        self._loop.close(self._close)

    def _tell(self, found: Found) -> Found:
        if self._on_result is not None:
            self._on_result(found)
        return found

    async def _find(self, given: Path, track_id: int) -> Found:
        path, stamp, known = await asyncio.to_thread(self._look, given)
        if known is not None:
            return _found(path, known, "sidecar")
        answered = await self._ask(path, track_id)
        source: Source = "analysis" if answered is None else "service"
        result = answered or await self._analysis.analyse(path)
        await asyncio.to_thread(self._keep, path, stamp, result)
        return _found(path, result, source)

    async def _ask(self, path: bytes, track_id: int) -> Analysed | None:
        """Return the service's answer; None if it has none."""
        for _ in range(2):  # once more if it was restarted since it was asked last
            if self._service is None or not await self._service.present():
                return None
            try:
                return await self._service.ask(path, track_id)
            except _ServiceAway as why:
                log.info("the fingerprint service does not answer for a file: %s", why)
                if not why.lost:
                    return None
        return None

    def _look(self, given: Path) -> tuple[bytes, FileStamp, Analysed | None]:
        path = os.path.abspath(os.fsencode(given))  # noqa: PTH100 - bytes
        stamp = _stamp(path)
        return path, stamp, sidecar.read(path, stamp, self.settings)

    def _keep(self, path: bytes, stamp: FileStamp, result: Analysed) -> None:
        """Write the sidecar, unless the service has; refuse what is not of the file as it is now."""
        if _stamp(path) != stamp:
            raise NoFingerprintError("scan", "file_changed", "The file changed while it was being analysed; ask again.")
        try:
            if sidecar.read(path, stamp, self.settings) is None:
                sidecar.write(path, result, stamp, self.settings)
        except OSError as error:
            log.warning("no sidecar can be written: %s", error.strerror)

    async def _close(self) -> None:
        await self._analysis.close()
        if self._service is not None:
            await self._service.close()


class _Service:
    """The running service, as far as it is there."""

    def __init__(self, address: str, token: str | None, timeout_sec: float) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._limit = aiohttp.ClientTimeout(total=timeout_sec)
        self._session: aiohttp.ClientSession | None = None
        self._present = False
        self._recheck_at = 0.0
        self._checking = asyncio.Lock()

    async def present(self) -> bool:
        """Say whether a service of this algorithm and version is there."""
        async with self._checking:
            if time.monotonic() >= self._recheck_at:
                before, self._present = self._present, await self._check()
                self._recheck_at = time.monotonic() + (PRESENT_FOR_SEC if self._present else ABSENT_FOR_SEC)
                if self._present != before:
                    log.info("the fingerprint service at %s is %s", self._address, "there" if self._present else "gone")
            return self._present

    async def _check(self) -> bool:
        limit = aiohttp.ClientTimeout(total=CHECK_LIMIT_SEC)
        try:
            async with self._open().get(f"{self._address}/dimensions", timeout=limit) as response:
                body = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        ours = (schema.ALGORITHM, schema.ALGORITHM_VERSION)
        return isinstance(body, dict) and (body.get("algorithm"), body.get("algorithm_version")) == ours

    async def ask(self, path: bytes, track_id: int) -> Analysed:
        """Return the service's fingerprint of a file; ``NoFingerprintError`` if the file can have none."""
        body = {"track_id": track_id, "filepath": os.fsdecode(path)}
        try:
            async with self._open().post(self._address, json=body, timeout=self._limit) as response:
                status, answer = response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._recheck_at = 0.0
            raise _ServiceAway(f"{type(error).__name__}", lost=not isinstance(error, TimeoutError)) from error
        if status == 200:
            return _believed(answer)
        detail = answer.get("detail", {}) if isinstance(answer, dict) else {}
        code, stage = str(answer.get("code", status)), str(detail.get("stage", ""))
        if stage in _FINAL_STAGES and code != "unavailable":
            raise NoFingerprintError(stage, code, str(answer.get("error", code)))
        if status >= 500:
            self._present, self._recheck_at = False, time.monotonic() + ABSENT_FOR_SEC
        raise _ServiceAway(f"{status} {code}", lost=False)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Analysis:
    """Analysis in processes of our own, kept while there is work."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[bytes, asyncio.Task[Analysed | Rejected]] = {}
        self._stack = AsyncExitStack()
        self._pool: Pool | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None

    async def analyse(self, path: bytes) -> Analysed:
        """Analyse a file; who asks for one that is being worked on waits for the same result."""
        task = self._running.get(path)
        if task is None:
            task = self._running[path] = asyncio.create_task(self._work(path))
            task.add_done_callback(lambda _: self._done(path))
        outcome = await asyncio.shield(task)
        if isinstance(outcome, Rejected):
            reason = public_reason(outcome.stage, outcome.code, outcome.reason)
            raise NoFingerprintError(outcome.stage, outcome.code, reason)
        return outcome

    async def _work(self, path: bytes) -> Analysed | Rejected:
        if self._leaving is not None:
            await self._leaving
        if self._idle is not None:
            self._idle.cancel()
        if self._pool is None:
            self._pool = await self._stack.enter_async_context(local_pool(self._settings))
        async with self._pool.lease(interactive=True) as slot:
            return await slot.run(path)

    def _done(self, path: bytes) -> None:
        self._running.pop(path, None)
        if not self._running:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SEC, self._let_go)

    def _let_go(self) -> None:
        if not self._running:
            self._leaving = asyncio.create_task(self._leave())

    async def _leave(self) -> None:
        self._pool = None
        await self._stack.aclose()
        self._leaving = None

    async def close(self) -> None:
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        if self._idle is not None:
            self._idle.cancel()
        await self._leave()


class _LoopThread:
    """An event loop in a thread of its own, begun when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Coroutine[Any, Any, Found]) -> Future[Found]:
        """Have the loop do something."""
        with self._lock:
            if self._closed:
                work.close()
                raise RuntimeError("the fingerprint client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="auralis-fp-client", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have the loop do one last thing, and end it."""
        with self._lock:
            loop, self._loop, self._closed = self._loop, None, True
        if loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()


async def _wind_up(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Cancel what still runs, do the last thing, and end the loop's threads."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last()
    await asyncio.get_running_loop().shutdown_default_executor()


def _stamp(path: bytes) -> FileStamp:
    """Return the stamp of a regular file."""
    try:
        return FileStamp.of(require_regular(os.stat(path)))  # noqa: PTH116 - bytes
    except NotRegularFileError:
        raise NoFingerprintError("scan", "not_regular", "This is not a regular file.") from None
    except FileNotFoundError:
        raise NoFingerprintError("scan", "missing", "The file does not exist.") from None
    except (OSError, ValueError) as error:
        raise NoFingerprintError("scan", "unreadable", f"The file cannot be looked at: {error}.") from None


def _believed(answer: Any) -> Analysed:
    """Return the service's answer, checked as anything that comes from outside."""
    try:
        values, milliseconds = answer["fingerprint"], float(answer["processing_time_ms"])
        fault = schema.fault_of(values)
        if fault is not None:
            raise ValueError(fault)
        fingerprint = {name: float(values[name]) for name in schema.NAMES}
        return Analysed(fingerprint, TrackMetadata.from_json(answer["metadata"]), milliseconds)
    except (KeyError, TypeError, ValueError) as error:
        raise _ServiceAway(f"its answer is none: {error}", lost=False) from error


def _found(path: bytes, known: Analysed, source: Source) -> Found:
    metadata = known.metadata.as_json()
    return Found(os.fsdecode(path), known.fingerprint, metadata, known.processing_time_ms, source)
