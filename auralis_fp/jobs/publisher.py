"""Events, log records and counters of finished analyses."""

import logging
import os
from typing import Any

from ..models import Job, Rejected
from ..runtime.payloads import failure_event, result_event
from .context import Context, Outcome

log = logging.getLogger(__name__)


class ResultPublisher:
    """Publishes stored outcomes.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.analysed = 0  # since the start
        self.rejected = 0

    def publish(self, job: Job, outcome: Outcome, kind: str) -> None:
        """Count an outcome, log it, and publish its event.

        Parameters
        ----------
        job : Job
        outcome : Analysed or Rejected
        kind : str
            Ending of the file name, which stands for its format.
        """
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
            self._context.throughput.finish(duration, kind, job.stamp.size)
            self._context.bus.publish("result", result_event(job.file_id, job.path, outcome, again=job.force))
