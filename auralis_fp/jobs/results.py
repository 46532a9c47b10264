"""From the outcome of a job to the stored result, its sidecar and its event."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from ..errors import StorageError
from ..files.rules import Presence
from ..files.scanner import stat_audio
from ..models import Analysed, FileEvent, FileStamp, Job, Rejected
from ..runtime.payloads import failure_event, result_event
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, Backoff
from ..sidecars import storage
from ..sidecars.format import match
from ..store.deduplication import reuse
from ..store.files import kind_of
from .context import Context, Outcome
from .retry import RetryPolicy

log = logging.getLogger(__name__)

CHANGED: Final = Rejected("scan", "file_changed", "The file changed while it was being analysed; it is queued again.")
AWAY: Final = Rejected("scan", "offline", "The music folder cannot be read at the moment.")


class ResultWriter:
    """Commits outcomes: at most one result per file and stamp, retried while the database is unavailable.

    Parameters
    ----------
    context : Context
    retry : RetryPolicy
    observe : callable
        Receives what happened to a file meanwhile.
    on_change : callable
        Called when there is a change to show.
    on_away : callable
        Called with the path of a file whose library is unmounted.
    """

    def __init__(
        self,
        context: Context,
        retry: RetryPolicy,
        observe: Callable[[list[FileEvent]], Awaitable[None]],
        on_change: Callable[[], None],
        on_away: Callable[[bytes], None],
    ) -> None:
        self._context = context
        self._retry = retry
        self._observe = observe
        self._on_change = on_change
        self._on_away = on_away
        self.analysed = 0  # since the start
        self.rejected = 0
        self.reused = 0

    def finished(self) -> int:
        """Return the number of analyses that have ended since the start."""
        return self.analysed + self.rejected

    async def reuse(self, job: Job, content: bytes, documents: list[Any] | None = None) -> Analysed | None:
        """Complete a job with a result known for the same content (deduplication).

        Parameters
        ----------
        job : Job
        content : bytes
            Content id of the file.
        documents : list, optional
            Its sidecars, if they were read already.

        Returns
        -------
        Analysed or None
            None if there is no such result.
        """
        context = self._context
        try:
            known = await reuse(context.library.database, job, content)
            if known is None:
                if documents is None:
                    documents = await asyncio.to_thread(storage.load, job.path, context.settings)
                known = match(documents, job.stamp, content)
                if known is None or not await context.library.record(
                    job.file_id, known, job.stamp, claim=job.claim, source="sidecar"
                ):
                    return None
        except StorageError as error:  # the file is analysed; commit() waits for the database
            log.warning("%r: known results could not be looked up: %s", job.path, error)
            return None
        except Exception:  # without this the same job would be leased for ever
            log.exception("%r: known results could not be looked up", job.path)
            return None
        self.reused += 1
        if not await context.outbox.write(job.path, replace(known, content=content), job.stamp):
            await context.outbox.enqueue(job.file_id)
        context.bus.publish("result", result_event(job.file_id, job.path, known))
        return known

    async def commit(self, job: Job, outcome: Outcome, *, sidecar_later: bool = False) -> Outcome:
        """Store an outcome if the file is still the one that was analysed.

        Parameters
        ----------
        job : Job
        outcome : Analysed or Rejected
        sidecar_later : bool
            A request waits for the result: enqueue the sidecar instead of writing it now.

        Returns
        -------
        Analysed or Rejected
            The outcome, or ``CHANGED`` or ``AWAY`` if it was discarded.
        """
        health, backoff = self._context.health, Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC)
        while True:
            try:
                committed = await self._commit(job, outcome, sidecar_later=sidecar_later)
            except StorageError as error:
                health.mark_down("database", f"Results cannot be stored: {error}. Tried again all the time.")
                self._on_change()
                await asyncio.sleep(backoff.next())
            else:
                health.mark_up("database")
                return committed

    async def _commit(self, job: Job, outcome: Outcome, *, sidecar_later: bool) -> Outcome:
        context, retry = self._context, self._retry
        now = await asyncio.to_thread(stat_audio, job.path, context.rules)
        if now is None:
            now, outcome = await self._after_disappearance(job, outcome)
        if outcome is AWAY:
            return AWAY
        if now != job.stamp:
            await context.job_queue.release(job)
            await self._observe([FileEvent(job.path, now)])
            return CHANGED
        if isinstance(outcome, Rejected) and await retry.requeue(job, outcome):
            return outcome
        pending, retry_at = False, None
        if isinstance(outcome, Analysed):
            pending = sidecar_later and context.outbox.enabled
            pending = pending or not await context.outbox.write(job.path, outcome, job.stamp)
            context.breakers.succeeded(job.path)
        else:
            retry_at = retry.retry_at(job, outcome)
        stored = await context.library.record(
            job.file_id,
            outcome,
            job.stamp,
            claim=job.claim,
            source="analysis",
            retry_at=retry_at,
            sidecar_pending=pending,
        )
        if stored:
            self._publish(job, outcome)
        if pending:
            context.outbox.notify()
        if retry_at is not None:
            retry.scheduled()
        if isinstance(outcome, Rejected) and outcome.code == "io_error":
            retry.read_failed(job.path)
        return outcome

    async def _after_disappearance(self, job: Job, outcome: Outcome) -> tuple[FileStamp | None, Outcome]:
        """Return the stamp and outcome that hold for a file that could not be found."""
        context = self._context
        match await asyncio.to_thread(context.rules.presence, job.path):
            case Presence.AWAY:
                context.breakers.set_online(context.rules.root_of(job.path) or b"", online=False)
                await context.job_queue.release(job)
                self._on_away(job.path)
                return None, AWAY
            case Presence.UNREADABLE:
                return job.stamp, Rejected("scan", "io_error", "The file cannot be looked at.")
        return await asyncio.to_thread(stat_audio, job.path, context.rules), outcome  # it may be back this moment

    def _publish(self, job: Job, outcome: Outcome) -> None:
        """Count an outcome, log it, and publish its event."""
        identity: dict[str, Any] = {"id": job.file_id, "path": os.fsdecode(job.path)}
        if isinstance(outcome, Rejected):
            self.rejected += 1
            fields = identity | {"outcome": "rejected", "stage": outcome.stage, "code": outcome.code}
            log.debug("%r cannot be used: %s", job.path, outcome.reason, extra=fields)
            self._context.bus.publish("failure", failure_event(job.file_id, job.path, outcome, again=job.force))
        else:
            self.analysed += 1
            seconds, duration = outcome.processing_time_ms / 1000, outcome.metadata.duration_sec
            fields = identity | {"outcome": "analysed", "seconds": seconds, "audio_sec": duration}
            log.debug("%r analysed in %.2f s", job.path, seconds, extra=fields)
            self._context.throughput.finish(duration, kind_of(job.path), job.stamp.size)
            self._context.bus.publish("result", result_event(job.file_id, job.path, outcome, again=job.force))
