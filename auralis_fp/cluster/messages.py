"""Messages of a cluster: between service and courier, and between service and machines.

All are tagged MessagePack of fixed types. The courier passes jobs and answers on without reading them; the service
reads answers as it reads those of its own workers.
"""

from typing import Annotated, Any, Final

import msgspec

from ..models import FileStamp
from ..workers.channel import ProtocolError

MAX_FRAME: Final = 4 << 20  # bytes, in either direction
MOST_MACHINES: Final = 10_000
MOST_FILES: Final = 200  # in a batch
PROTOCOL: Final = 1
"""Version of these messages. A machine with another version is refused."""
_WORD: Final = r"^[A-Za-z_]{1,60}$"

Text = Annotated[str, msgspec.Meta(max_length=4000)]


class Frame(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Base of all messages."""


# from the service to a machine


class RemoteJob(Frame, frozen=True, kw_only=True):
    """A task on one file, named by its mount and the path below it, with the stamp that it must have.

    Without a mount, ``path`` is an address that the machine fetches, and there is no stamp. ``mtime_ns`` is decimal
    text, as MessagePack has no integers of more than 64 bits.
    """

    id: bytes
    task: str
    mount: str
    path: bytes
    size: int
    mtime_ns: str
    patience: float = 1.0
    alone: bool = False

    @property
    def stamp(self) -> FileStamp:
        """What the file must have."""
        return FileStamp(self.size, int(self.mtime_ns))


class RemoteBatch(Frame, frozen=True, kw_only=True):
    """A short task on several files in turn, in one slot. No further file is begun after ``limit_sec``."""

    id: bytes
    jobs: Annotated[list[RemoteJob], msgspec.Meta(min_length=1, max_length=MOST_FILES)]
    limit_sec: float
    alone: bool = False


# from a machine to the service


class Done(Frame, frozen=True, kw_only=True):
    """The task has ended; ``reply`` is the message of the worker process."""

    reply: bytes


class NotDone(Frame, frozen=True, kw_only=True):
    """The machine could not do the task, which is not the fault of the file.

    ``code`` is ``unavailable`` (no worker process), ``elsewhere`` (the machine does not have this file) or
    ``withdrawn`` (the service gave it up).
    """

    code: Annotated[str, msgspec.Meta(pattern=_WORD)]
    reason: Text


Answer = Done | NotDone


class Answers(Frame, frozen=True, kw_only=True):
    """The answers to the first jobs of a batch, at least one."""

    answers: Annotated[list[Answer], msgspec.Meta(min_length=1, max_length=MOST_FILES)]


# from the service to the courier


class Connect(Frame, frozen=True, kw_only=True):
    """The first message: the scheduler to connect to."""

    scheduler: str


class Assign(Frame, frozen=True, kw_only=True):
    """A job for a machine."""

    number: int
    address: str
    job: bytes


class Withdraw(Frame, frozen=True, kw_only=True):
    """The outcome of a job is not wanted any more."""

    number: int
    address: str
    id: bytes


# from the courier to the service


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as the scheduler knows it.

    ``hello`` and ``load`` are JSON that the machine wrote, empty for one that was not started for us. ``silent_sec`` is
    the time since its last heartbeat.
    """

    address: str
    host: str
    name: str
    hello: str
    load: str
    silent_sec: float


class Roster(Frame, frozen=True, kw_only=True):
    """The machines at present."""

    machines: list[Report]


class Link(Frame, frozen=True, kw_only=True):
    """Whether the scheduler is reached, and why not; ``lacking`` are protections that the courier lacks."""

    connected: bool
    reason: Text = ""
    distributed: str = ""
    lacking: list[str] = []


class Answered(Frame, frozen=True, kw_only=True):
    """The answer of a machine to a job."""

    number: int
    answer: bytes


class Lost(Frame, frozen=True, kw_only=True):
    """A job has no answer; ``machine`` is True if the scheduler is there, and only the machine is gone."""

    number: int
    reason: Text
    machine: bool


ToCourier = Connect | Assign | Withdraw
FromCourier = Roster | Link | Answered | Lost

_encoder: Final = msgspec.msgpack.Encoder()
_job: Final = msgspec.msgpack.Decoder(RemoteJob | RemoteBatch)
_answer: Final = msgspec.msgpack.Decoder(Answer | Answers)
_to_courier: Final = msgspec.msgpack.Decoder(ToCourier)
_from_courier: Final = msgspec.msgpack.Decoder(FromCourier)


def encode(message: Frame) -> bytes:
    """Return the bytes of a message."""
    return _encoder.encode(message)


def decode_job(data: bytes) -> RemoteJob | RemoteBatch:
    """Return the job or the batch that a service sent."""
    job: RemoteJob | RemoteBatch = _job.decode(data)
    return job


def decode_answer(data: bytes) -> Answer | Answers:
    """Return the answer of a machine; raise ``ProtocolError`` for other bytes."""
    answer: Answer | Answers = _checked(_answer, data)
    return answer


def decode_for_courier(data: bytes) -> ToCourier:
    """Return the message that the service sent."""
    message: ToCourier = _to_courier.decode(data)
    return message


def decode_from_courier(data: bytes) -> FromCourier:
    """Return the message that the courier sent; raise ``ProtocolError`` for other bytes."""
    message: FromCourier = _checked(_from_courier, data)
    return message


def _checked(decoder: "msgspec.msgpack.Decoder[Any]", data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"an invalid message ({error})") from error
