"""Requests to the running service."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from .. import schema
from ..models import Analysed, TrackMetadata
from .types import NoFingerprintError, NoSimilarTracksError, Similar

log = logging.getLogger(__name__)

CHECK_TIMEOUT_SEC: Final = 2.0
PRESENT_FOR_SEC: Final = 30.0  # how long a positive check is trusted
ABSENT_FOR_SEC: Final = 5.0  # how long a negative check is trusted
_FINAL_STAGES: Final = frozenset({"decode", "analysis", "worker", "internal"})


class ServiceUnavailableError(Exception):
    """The service cannot be reached, or cannot answer for this file."""

    def __init__(self, reason: str, *, lost: bool) -> None:
        super().__init__(reason)
        self.lost = lost  # the connection failed: the service may have restarted


class RunningService:
    """The service at an address, used while a check says that it is present.

    Parameters
    ----------
    address : str
    find_token : callable
        Returns the token, or None for none; called at each check.
    timeout_sec : float
        For one fingerprint.
    """

    def __init__(self, address: str, find_token: Callable[[], str | None], timeout_sec: float) -> None:
        self._address = address
        self._find_token = find_token
        self._timeout = aiohttp.ClientTimeout(total=timeout_sec)
        self._session: aiohttp.ClientSession | None = None
        self._present = False
        self._recheck_at = 0.0
        self._checking = asyncio.Lock()

    async def present(self) -> bool:
        """Return True if a service with the same algorithm and version answers."""
        async with self._checking:
            if time.monotonic() >= self._recheck_at:
                before, self._present = self._present, await self._check()
                self._recheck_at = time.monotonic() + (PRESENT_FOR_SEC if self._present else ABSENT_FOR_SEC)
                if self._present != before:
                    word = "available" if self._present else "unavailable"
                    log.info("the fingerprint service at %s is %s", self._address, word)
            return self._present

    async def _check(self) -> bool:
        timeout = aiohttp.ClientTimeout(total=CHECK_TIMEOUT_SEC)
        session, token = self._open(), self._find_token()
        session.headers.popall("Authorization", None)
        if token is not None:
            session.headers["Authorization"] = f"Bearer {token}"
        try:
            async with session.get(f"{self._address}/dimensions", timeout=timeout) as response:
                body = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        ours = (schema.ALGORITHM, schema.ALGORITHM_VERSION)
        return isinstance(body, dict) and (body.get("algorithm"), body.get("algorithm_version")) == ours

    async def request(self, path: bytes, track_id: int) -> Analysed:
        """Return the service's fingerprint of a file.

        Parameters
        ----------
        path : bytes
        track_id : int

        Raises
        ------
        NoFingerprintError
            The file cannot be fingerprinted.
        ServiceUnavailableError
        """
        body = {"track_id": track_id, "filepath": os.fsdecode(path)}
        try:
            async with self._open().post(self._address, json=body, timeout=self._timeout) as response:
                status, answer = response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._recheck_at = 0.0
            raise ServiceUnavailableError(type(error).__name__, lost=not isinstance(error, TimeoutError)) from error
        if status == 200:
            return _validated(answer)
        detail = answer.get("detail", {}) if isinstance(answer, dict) else {}
        code, stage = str(answer.get("code", status)), str(detail.get("stage", ""))
        if stage in _FINAL_STAGES and code != "unavailable":
            raise NoFingerprintError(stage, code, str(answer.get("error", code)))
        if status >= 500:
            self._present, self._recheck_at = False, time.monotonic() + ABSENT_FOR_SEC
        raise ServiceUnavailableError(f"{status} {code}", lost=False)

    async def similar(self, path: bytes, limit: int) -> list[Similar]:
        """Return the tracks that the service finds similar to a file.

        Parameters
        ----------
        path : bytes
        limit : int

        Raises
        ------
        NoSimilarTracksError
            The service refuses, or is not there.
        """
        body = {"like": {"paths": [os.fsdecode(path)]}, "limit": limit}
        try:
            async with self._open().post(f"{self._address}/similar", json=body, timeout=self._timeout) as response:
                status, answer = response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NoSimilarTracksError("no_service", f"The service does not answer: {type(error).__name__}.") from error
        if status != 200 or not isinstance(answer, dict):
            known = answer if isinstance(answer, dict) else {}
            raise NoSimilarTracksError(str(known.get("code", status)), str(known.get("error", f"status {status}")))
        try:
            return [_similar(item) for item in answer["items"]]
        except (KeyError, TypeError, ValueError) as error:
            raise NoSimilarTracksError("invalid_answer", f"The service's answer is invalid: {error}.") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _similar(item: Any) -> Similar:
    """Return one similar track of the service's answer, which may be anything."""
    ids = tuple(int(track_id) for track_id in item["track_ids"])
    return Similar(str(item["path"]), ids, float(item["similarity"]), float(item["distance"]), str(item["reason"]))


def _validated(answer: Any) -> Analysed:
    """Return the fingerprint in the service's answer, which may be anything."""
    try:
        values, milliseconds = answer["fingerprint"], float(answer["processing_time_ms"])
        fault = schema.fault_of(values)
        if fault is not None:
            raise ValueError(fault)
        fingerprint = {name: float(values[name]) for name in schema.NAMES}
        return Analysed(fingerprint, TrackMetadata.from_json(answer["metadata"]), milliseconds)
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceUnavailableError(f"invalid answer: {error}", lost=False) from error
