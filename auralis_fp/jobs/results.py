"""From the outcome of a job to the stored result, its sidecar and its event."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from ..errors import StorageError
from ..files.content_id import payload_digest_of
from ..files.rules import Presence
from ..files.scanner import stat_audio
from ..models import Analysed, FileEvent, FileStamp, Job, Rejected
from ..runtime.batches import ITEM_ERRORS
from ..runtime.payloads import result_event
from ..runtime.tasks import FIRST_RETRY_SEC, LONGEST_RETRY_SEC, Backoff
from ..runtime.threads import in_daemon_thread
from ..sidecars import storage
from ..sidecars.format import Document, claims, match
from ..store.deduplication import is_known, reuse
from ..store.files import kind_of
from .context import Completion, Context, Outcome
from .publisher import ResultPublisher
from .retry import RetryPolicy

log = logging.getLogger(__name__)

CHANGED: Final = Rejected("scan", "file_changed", "The file changed while it was being analysed; it is queued again.")
COMMIT_ATTEMPTS: Final = 3  # before a result that the database rejects becomes a failure
STAT_LIMIT_SEC: Final = 30.0  # for a disk that does not answer
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
        self._publisher = ResultPublisher(context)
        self.reused = 0  # since the start

    @property
    def analysed(self) -> int:
        """The number of files analysed since the start."""
        return self._publisher.analysed

    @property
    def rejected(self) -> int:
        """The number of files rejected since the start."""
        return self._publisher.rejected

    def finished(self) -> int:
        """Return the number of analyses that have ended since the start."""
        return self.analysed + self.rejected

    async def reuse(self, job: Job, content: bytes, documents: list[Document] | None = None) -> Completion | None:
        """Complete a job with a result known for the same audio (deduplication).

        The content id only proposes candidates; the digest of the whole payload decides.

        Parameters
        ----------
        job : Job
        content : bytes
            Content id of the file.
        documents : list, optional
            Its sidecars, if they were read already.

        Returns
        -------
        Completion or None
            None if there is no such result.
        """
        context = self._context
        try:
            if documents is None:
                documents = await in_daemon_thread(storage.load, job.path, context.settings)
            database, digest = context.library.database, None
            if claims(documents, content) or await is_known(database, content):
                digest = await in_daemon_thread(payload_digest_of, job.path, context.rules.bounds(job.path))
            stored = None if digest is None else await reuse(database, job, digest)
            known = None if stored is None else stored.fingerprint.analysed(stored.parts)
            if known is None and digest is not None:
                known = await self._adopt(job, digest, documents)
            if known is None:
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
        return Completion(job.file_id, job.stamp, known, "sidecar" if stored is None else stored.fingerprint.source)

    async def _adopt(self, job: Job, digest: bytes, documents: list[Document]) -> Analysed | None:
        """Store the result of a signed sidecar of the same audio; stamps were compared before the job was leased."""
        known = match((document for document in documents if document.signed), job.stamp, digest)
        if known is None:
            return None
        stored = await self._context.library.record(job.file_id, known, job.stamp, claim=job.claim, source="sidecar")
        return known if stored else None

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
        attempts = 0
        while True:
            try:
                committed = await self._commit(job, outcome, sidecar_later=sidecar_later)
            except StorageError as error:
                attempts += 1
                if error.code in ITEM_ERRORS and attempts >= COMMIT_ATTEMPTS:  # this result alone may be the cause
                    with contextlib.suppress(StorageError):
                        failure = await self._store_failure(job, error)
                        health.mark_up("database")
                        return failure
                health.mark_down("database", f"Results cannot be stored: {error}. Tried again all the time.")
                self._on_change()
                await asyncio.sleep(backoff.next())
            else:
                health.mark_up("database")
                return committed

    async def _write_sidecar(self, job: Job, analysed: Analysed, stamp: FileStamp, *, later: bool) -> bool:
        """Return True if no sidecar is left to be written later."""
        outbox = self._context.outbox
        if not (later and outbox.enabled) and await outbox.write(job.path, analysed, stamp):
            return True
        outbox.expect(job.file_id)
        return False

    async def _commit(self, job: Job, outcome: Outcome, *, sidecar_later: bool) -> Outcome:
        context, retry = self._context, self._retry
        now = await self._stamp(job.path)
        if now is None:
            now, outcome = await self._after_disappearance(job, outcome)
        if outcome is AWAY:
            return AWAY
        if now is None or now.shows_change(job.stamp):
            await context.job_queue.release(job)
            await self._observe([FileEvent(job.path, now)])
            return CHANGED
        if isinstance(outcome, Rejected) and await retry.requeue(job, outcome):
            return outcome
        pending, retry_at = False, None
        if isinstance(outcome, Analysed):
            pending = not await self._write_sidecar(job, outcome, now, later=sidecar_later)
            if context.breakers.failing:
                context.breakers.succeeded(job.path)
        else:
            retry_at = retry.retry_at(job, outcome)
        kind = kind_of(job.path)
        stored = await context.library.record(
            job.file_id,
            outcome,
            now,
            claim=job.claim,
            source="analysis",
            retry_at=retry_at,
            sidecar_pending=pending,
        )
        if not stored:  # the file changed at this moment, or the job was cancelled
            return CHANGED
        self._publisher.publish(job, outcome, kind)
        if pending:
            context.outbox.notify()
        if isinstance(outcome, Rejected):
            retry.stored(job, outcome)
        return outcome

    async def fail(self, job: Job, error: Exception) -> Outcome:
        """End a job with an unexpected error as its failure; release it if that cannot be stored.

        Parameters
        ----------
        job : Job
        error : Exception

        Returns
        -------
        Rejected
            The failure.
        """
        try:
            return await self._store_failure(job, error)
        except Exception:
            await self._context.job_queue.release(job)
            raise

    async def _store_failure(self, job: Job, error: Exception) -> Outcome:
        rejected = Rejected("internal", type(error).__name__, "".join(traceback.format_exception(error, limit=-4)))
        record = self._context.library.record
        if await record(job.file_id, rejected, job.stamp, claim=job.claim, source="analysis"):
            self._publisher.publish(job, rejected, kind_of(job.path))
        return rejected

    async def _stamp(self, path: bytes) -> FileStamp | None:
        """Return the stamp of a file, or None if it is not there or its disk does not answer."""
        try:
            async with asyncio.timeout(STAT_LIMIT_SEC):
                return await in_daemon_thread(stat_audio, path, self._context.rules)
        except TimeoutError:
            return None

    async def _presence(self, path: bytes) -> Presence:
        try:
            async with asyncio.timeout(STAT_LIMIT_SEC):
                return await in_daemon_thread(self._context.rules.presence, path)
        except TimeoutError:
            return Presence.UNREADABLE

    async def _after_disappearance(self, job: Job, outcome: Outcome) -> tuple[FileStamp | None, Outcome]:
        """Return the stamp and outcome that hold for a file that could not be found."""
        context = self._context
        match await self._presence(job.path):
            case Presence.AWAY:
                away = await in_daemon_thread(context.rules.away_folder, job.path)
                context.breakers.set_online(away or context.rules.root_of(job.path) or b"", online=False)
                await context.job_queue.release(job)
                self._on_away(job.path)
                return None, AWAY
            case Presence.UNREADABLE:
                return job.stamp, Rejected("scan", "io_error", "The file cannot be looked at.")
            case Presence.PLACEHOLDER:
                return job.stamp, Rejected("scan", "placeholder", "The content of the file is not on this disk.")
        return await self._stamp(job.path), outcome  # it may be back this moment
