"""The client: sidecar, running service, local analysis, in this order."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any, Final, Self
from urllib.parse import urlsplit

from ..files.regular import NotRegularFileError, require_regular
from ..models import Analysed, FileStamp
from ..runtime.token_file import read_token
from ..settings import Settings, load_settings
from ..sidecars import storage as sidecar
from .analysis import LocalAnalysis
from .loop_thread import LoopThread
from .service import RunningService, ServiceUnavailableError
from .types import Found, NoFingerprintError, NoSimilarTracksError, Similar, Source

log = logging.getLogger(__name__)

_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})  # the token is not sent elsewhere
SERVICE: Final = "http://localhost:8766/fingerprint"  # address of `auralis-fp serve`

Path = str | bytes | os.PathLike[str]


class FingerprintClient:
    """Finds the fingerprints of files. Use it as a context manager, or call ``close``.

    Parameters
    ----------
    service : str or None
        URL of the service's prefix; None to use no service.
    token : str, optional
        Bearer token of the service; by default the one that a service of the same user keeps in its data folder, if
        it listens on this machine.
    on_result : callable, optional
        Called with each ``Found`` in the calling thread or task; its exceptions reach the caller.
    timeout_sec : float
        Timeout of the service for one file.
    settings : Settings, optional
        For sidecars and workers. Default: read from *given*, the environment and ``auralis-fp.toml``.
    **given
        Settings by name, when *settings* is not given.

    Raises
    ------
    SettingsError
        A setting is unknown or invalid.

    Notes
    -----
    All work runs in one background thread, started on first use. The presence of the service is checked repeatedly: a
    service that starts is used within five seconds, one that stops is abandoned at once. Only a service with the same
    algorithm version is used, so numbers of different versions never mix.
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
        self._token = token
        self._service = RunningService(service.rstrip("/"), self._find_token, timeout_sec) if service else None
        self._is_local = service is not None and urlsplit(service).hostname in _THIS_MACHINE
        self._analysis = LocalAnalysis(self.settings)
        self._loop = LoopThread()

    def _find_token(self) -> str | None:
        return self._token or (read_token(self.settings.data_dir) if self._is_local else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.to_thread(self.close)

    def fingerprint(self, path: Path, track_id: int) -> Found:
        """Return the fingerprint of a file. Blocking; in event loops use ``fingerprint_async``.

        Parameters
        ----------
        path : path-like
        track_id : int
            The host's id of the track; the service stores it.

        Raises
        ------
        NoFingerprintError
            The file cannot be fingerprinted.
        RuntimeError
            The client is closed.
        """
        future = self._loop.submit(self._find(path, track_id))
        try:
            return self._report(future.result())
        finally:
            future.cancel()

    async def fingerprint_async(self, path: Path, track_id: int) -> Found:
        """Return the fingerprint of a file, without blocking the event loop.

        Parameters
        ----------
        path, track_id
            As for ``fingerprint``.
        """
        return self._report(await asyncio.wrap_future(self._loop.submit(self._find(path, track_id))))

    def similar(self, path: Path, limit: int = 20) -> list[Similar]:
        """Return the tracks that sound like a file, nearest first. Blocking; in event loops use ``similar_async``.

        Parameters
        ----------
        path : path-like
            A file that the service has analysed.
        limit : int

        Raises
        ------
        NoSimilarTracksError
            There is no service, it does not know the file, or cannot answer now.
        RuntimeError
            The client is closed.
        """
        future = self._loop.submit(self._similar(path, limit))
        try:
            return future.result()
        finally:
            future.cancel()

    async def similar_async(self, path: Path, limit: int = 20) -> list[Similar]:
        """Return the tracks that sound like a file, without blocking the event loop.

        Parameters
        ----------
        path, limit
            As for ``similar``.
        """
        return await asyncio.wrap_future(self._loop.submit(self._similar(path, limit)))

    def close(self) -> None:
        """Stop workers and close connections; the client cannot be used afterwards."""
        self._loop.close(self._close)

    def _report(self, found: Found) -> Found:
        if self._on_result is not None:
            self._on_result(found)
        return found

    async def _find(self, given: Path, track_id: int) -> Found:
        path, stamp, known = await asyncio.to_thread(self._read_sidecar, given)
        if known is not None:
            return _found(path, known, "sidecar")
        answered = await self._request(path, track_id)
        source: Source = "analysis" if answered is None else "service"
        result = answered or await self._analysis.analyse(path)
        await asyncio.to_thread(self._write_sidecar, path, stamp, result)
        return _found(path, result, source)

    async def _request(self, path: bytes, track_id: int) -> Analysed | None:
        """Return the service's answer, or None if it has none."""
        for _ in range(2):  # a second time if the service has restarted since the last request
            if self._service is None or not await self._service.present():
                return None
            try:
                return await self._service.request(path, track_id)
            except ServiceUnavailableError as error:
                log.info("the fingerprint service has no answer for a file: %s", error)
                if not error.lost:
                    return None
        return None

    async def _similar(self, path: Path, limit: int) -> list[Similar]:
        if self._service is None or not await self._service.present():
            raise NoSimilarTracksError("no_service", "Similar tracks need the running service.")
        return await self._service.similar(os.path.abspath(os.fsencode(path)), limit)

    def _read_sidecar(self, given: Path) -> tuple[bytes, FileStamp, Analysed | None]:
        path = os.path.abspath(os.fsencode(given))
        stamp = _stamp(path)
        return path, stamp, sidecar.read(path, stamp, self.settings)

    def _write_sidecar(self, path: bytes, stamp: FileStamp, result: Analysed) -> None:
        """Write the sidecar unless the service has; raise if the file changed during the analysis."""
        if _stamp(path) != stamp:
            raise NoFingerprintError("scan", "file_changed", "The file changed during the analysis; try again.")
        try:
            if sidecar.read(path, stamp, self.settings) is None:
                sidecar.write(path, result, stamp, self.settings)
        except OSError as error:
            log.warning("the sidecar cannot be written: %s", error.strerror)

    async def _close(self) -> None:
        await self._analysis.close()
        if self._service is not None:
            await self._service.close()


def _stamp(path: bytes) -> FileStamp:
    """Return the stamp of a regular file."""
    try:
        return FileStamp.of(require_regular(os.stat(path)))
    except NotRegularFileError:
        raise NoFingerprintError("scan", "not_regular", "This is not a regular file.") from None
    except FileNotFoundError:
        raise NoFingerprintError("scan", "missing", "The file does not exist.") from None
    except (OSError, ValueError) as error:
        raise NoFingerprintError("scan", "unreadable", f"The file cannot be read: {error}.") from None


def _found(path: bytes, known: Analysed, source: Source) -> Found:
    metadata = known.metadata.as_json()
    return Found(os.fsdecode(path), known.fingerprint, metadata, known.processing_time_ms, source)
