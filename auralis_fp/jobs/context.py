"""The parts that the jobs work with, built once by the service."""

from dataclasses import dataclass

from ..files.rules import Rules
from ..models import Analysed, FileStamp, Rejected
from ..runtime.event_bus import EventBus
from ..settings import Settings
from ..sidecars.outbox import Outbox
from ..states import Health
from ..store.files import Library
from ..store.fingerprints import Source
from ..store.job_queue import JobQueue
from ..workers.protocol import Pool
from .circuit_breaker import CircuitBreakers
from .throttle import BackgroundGate
from .throughput import Throughput

Outcome = Analysed | Rejected


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a job: the file, as it was analysed, and its outcome."""

    file_id: int
    stamp: FileStamp
    outcome: Outcome
    source: Source


@dataclass(frozen=True, slots=True)
class Context:
    """The long-lived parts shared by dispatcher, results, retries and status."""

    settings: Settings
    library: Library
    job_queue: JobQueue
    outbox: Outbox
    pool: Pool
    gate: BackgroundGate
    throughput: Throughput
    bus: EventBus
    health: Health
    rules: Rules
    breakers: CircuitBreakers
