"""Messages between the service and a worker: tagged MessagePack.

What a worker sends is data of a few known types and bounded length. Nothing in it can run code in the service.
"""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

import msgspec

from ..files.content_id import PAYLOAD_DIGEST_BYTES
from ..models import Analysed, ComputedParts, Part, Rejected, TrackMetadata
from ..schema.parts import ALL, PartKind
from ..tags.clean import MAX_TEXT
from ..tags.model import Cover, CoverImage, TagReading
from .channel import ProtocolError

MAX_MESSAGE: Final = 2 << 20  # bytes, in either direction
MAX_PCM_MESSAGE: Final = 24 << 20  # bytes; only as the answer to a request for samples
LONGEST_SEC: Final = 10e6  # of audio in one file
PCM_SEC: Final = 120.0  # of the beginning of a file; what AcoustID compares
_MAX_PARTS: Final = 8
_MAX_THUMBNAIL: Final = 1 << 20
_MAX_REASON: Final = 8000  # characters
_MAX_PROBLEMS: Final = 8
_MAX_WARNINGS: Final = 8
_MAX_RATE: Final = 1_000_000  # Hz
_MAX_NAME: Final = 100  # characters
_WORD: Final = re.compile(r"[A-Za-z_]{1,60}")
_PICTURE_DIGEST: Final = re.compile(r"[0-9a-f]{32}")


class Message(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Base of all messages."""


class Plan(Message, frozen=True, kw_only=True):
    """The first message to a worker.

    It has the limit of memory in MiB, 0 for none, whether the worker seals itself, the parts to compute beside
    fingerprints (None: not even the digest of the payload), and the setting ``kernels``.
    """

    memory_limit_mb: int
    seal: bool
    parts: tuple[PartKind, ...] | None = ALL
    kernels: str = "auto"


class Request(Message, frozen=True, kw_only=True):
    """A task on one file.

    The file comes as a descriptor with the message, followed by those of pictures in its folder; or, on systems where
    open files are not passed on, as ``path``, to be opened below one of ``bounds``.
    """

    id: bytes
    task: str
    path: bytes = b""
    bounds: list[bytes] = []


class Stop(Message, frozen=True, kw_only=True):
    """Stop the analysis; ignored between two tasks."""


class Ready(Message, frozen=True, kw_only=True):
    """The worker is ready.

    ``lacking`` lists the protections that could not be applied; ``kernels`` names the kernels it computes with.
    """

    lacking: list[str]
    kernels: str = ""


class NotReady(Message, frozen=True, kw_only=True):
    """The worker cannot load the analysis."""

    reason: str


class Progress(Message, frozen=True, kw_only=True):
    """The worker has reached the file: seconds decoded, and the declared duration (0 if unknown)."""

    id: bytes
    decoded_sec: float
    duration_sec: float


class AnalysedReply(Message, frozen=True, kw_only=True):
    """The result of an analysis."""

    id: bytes
    outcome: Analysed


class PartsReply(Message, frozen=True, kw_only=True):
    """Parts of a file whose fingerprint is known."""

    id: bytes
    outcome: ComputedParts


class TagsReply(Message, frozen=True, kw_only=True):
    """The tags of a file."""

    id: bytes
    outcome: TagReading


class CoverReply(Message, frozen=True, kw_only=True):
    """A thumbnail."""

    id: bytes
    outcome: CoverImage


class PcmAudio(NamedTuple):
    """The beginning of a file as signed 16-bit mono samples, and the duration of the whole file."""

    sample_rate: int
    duration_sec: float
    samples: bytes


class PcmReply(Message, frozen=True, kw_only=True):
    """Samples of a file."""

    id: bytes
    outcome: PcmAudio


class RejectedReply(Message, frozen=True, kw_only=True):
    """The task failed."""

    id: bytes
    outcome: Rejected


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one forbidden operation was ``denied``, ``reached``, or ``not run``."""

    probe: str
    result: str
    detail: str = ""


class ProbesReply(Message, frozen=True, kw_only=True):
    """The results of the probes of ``seal_check``."""

    id: bytes
    outcome: list[Probed]


Reply = AnalysedReply | PartsReply | TagsReply | CoverReply | PcmReply | RejectedReply | ProbesReply
ToWorker = Plan | Request | Stop
FromWorker = Ready | NotReady | Progress | Reply

#: What each task returns, by its name.
OUTCOMES: Final[Mapping[str, tuple[type, ...]]] = {
    "analyse_file": (Analysed, Rejected), "compute_parts": (ComputedParts, Rejected),
    "read_tags": (TagReading, Rejected), "make_cover": (CoverImage, Rejected), "decode_pcm": (PcmAudio, Rejected),
}  # fmt: skip
_REPLIES: Final[Mapping[type, Any]] = {
    Analysed: AnalysedReply, ComputedParts: PartsReply, TagReading: TagsReply, CoverImage: CoverReply,
    PcmAudio: PcmReply, Rejected: RejectedReply, list: ProbesReply,
}  # fmt: skip

_encoder: Final = msgspec.msgpack.Encoder()
_to_worker: Final = msgspec.msgpack.Decoder(ToWorker)
_from_worker: Final = msgspec.msgpack.Decoder(FromWorker)


def reply_to(request: bytes, outcome: object) -> Reply:
    """Return the message with the outcome of a task.

    Parameters
    ----------
    request : bytes
        Id of the request.
    outcome : object
        What the task has returned.
    """
    reply: Reply = _REPLIES[type(outcome)](id=request, outcome=outcome)
    return reply


def encode(message: Message) -> bytes:
    """Return the bytes of a message."""
    return _encoder.encode(message)


def decode_for_worker(data: bytes) -> ToWorker:
    """Return the message that the service sent."""
    message: ToWorker = _to_worker.decode(data)
    return message


def decode_from_worker(data: bytes) -> FromWorker:
    """Return the message that a worker sent.

    Raises
    ------
    ProtocolError
        The bytes are not such a message, or its values are not plausible.
    """
    try:
        message: FromWorker = _from_worker.decode(data)
        _check(message)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"an invalid message ({error})") from error
    return message


def _check(message: FromWorker) -> None:
    """Raise ValueError if a message holds values that no honest worker sends."""
    match message:
        case Ready(kernels=name):
            _require(len(name) <= _MAX_NAME, "kernels")
        case Progress(decoded_sec=decoded, duration_sec=duration):
            _require(0 <= decoded <= LONGEST_SEC and 0 <= duration <= LONGEST_SEC, "progress")
        case AnalysedReply(outcome=outcome):
            _check_analysed(outcome)
        case PartsReply(outcome=outcome):
            _check_parts(outcome.payload_digest, outcome.parts)
        case TagsReply(outcome=outcome):
            texts = (value for value in outcome.tags.as_dict().values() if isinstance(value, str))
            _require(all(len(text) <= MAX_TEXT for text in texts), "tags")
            _require(len(outcome.problems) <= _MAX_PROBLEMS, "problems")
            _require(all(len(text) <= MAX_TEXT for text in outcome.problems), "problems")
            _check_cover(outcome.cover)
        case CoverReply(outcome=outcome):
            _require(_PICTURE_DIGEST.fullmatch(outcome.digest) is not None, "digest")
            is_webp = outcome.data[:4] == b"RIFF" and outcome.data[8:12] == b"WEBP"
            _require(is_webp and len(outcome.data) <= _MAX_THUMBNAIL, "thumbnail")
        case PcmReply(outcome=outcome):
            _require(0 < outcome.sample_rate <= _MAX_RATE and 0 <= outcome.duration_sec <= LONGEST_SEC, "audio")
        case RejectedReply(outcome=Rejected(stage, code, reason)):
            _require(_WORD.fullmatch(stage) is not None and _WORD.fullmatch(code) is not None, "code")
            _require(code != "unavailable" and len(reason) <= _MAX_REASON, "reason")  # only the service says so
        case _:
            return


def _check_analysed(outcome: Analysed) -> None:
    metadata = outcome.metadata
    _require(TrackMetadata.from_json(metadata.as_json()) == metadata, "metadata")
    _require(len(metadata.warnings) <= _MAX_WARNINGS and all(map(_WORD.fullmatch, metadata.warnings)), "warnings")
    _require(isfinite(outcome.processing_time_ms) and outcome.content is None and outcome.confirmed, "result")
    _check_parts(outcome.payload_digest, outcome.parts)


def _check_parts(digest: bytes | None, parts: tuple[Part, ...]) -> None:
    _require(digest is None or len(digest) == PAYLOAD_DIGEST_BYTES, "payload digest")
    _require(len(parts) <= _MAX_PARTS, "parts")
    for part in parts:
        Part.from_json(part.as_json())


def _check_cover(cover: Cover | None) -> None:
    _require(cover is None or _PICTURE_DIGEST.fullmatch(cover.digest) is not None, "digest")


def _require(plausible: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not plausible:
        raise ValueError(f"{what} out of range")
