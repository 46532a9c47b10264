"""Structs that HTTP responses and events share. JSON, OpenAPI and TypeScript types derive from them."""

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import msgspec

from .. import models, schema
from ..models import Analysed, Rejected, TrackMetadata
from .serialization import public_reason


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all JSON objects; fields that are not declared are rejected."""


def _field(dimension: schema.Dimension) -> tuple[Any, ...]:
    """Return the field of a dimension; results of older algorithm versions lack those added later."""
    meta = msgspec.Meta(ge=dimension.low, le=dimension.high, title=dimension.title, description=dimension.unit)
    kind = Annotated[float, meta]
    if dimension.since == min(each.since for each in schema.DIMENSIONS):
        return dimension.name, kind
    return dimension.name, kind | msgspec.UnsetType, msgspec.UNSET


if TYPE_CHECKING:
    DimensionName = str

    class Fingerprint(Payload, frozen=True):
        """The dimensions of a fingerprint, by name."""

        def __init__(self, **dimensions: float) -> None: ...

else:  # the names come from the schema, which a type checker cannot evaluate
    DimensionName = Literal[schema.NAMES]
    Fingerprint = msgspec.defstruct(
        "Fingerprint",
        [_field(dimension) for dimension in schema.DIMENSIONS],
        bases=(Payload,),
        namespace={"__doc__": "The dimensions of a fingerprint, by name."},
        frozen=True,
        kw_only=True,
    )


class TempoCandidate(Payload, frozen=True):
    """A metrical level that listeners may tap, and its probability."""

    bpm: Annotated[float, msgspec.Meta(gt=0)]
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Tempo(Payload, frozen=True):
    """The most likely tempo, the most likely one at another metrical level, and the confidence in the first.

    The confidence falls with doubt about the octave.
    """

    candidates: list[TempoCandidate]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]

    @classmethod
    def of(cls, tempo: models.Tempo | None) -> Self | None:
        """Return the tempo of a track; None without one."""
        if tempo is None:
            return None
        return cls([TempoCandidate(each.bpm, each.probability) for each in tempo.candidates], tempo.confidence)


class Metadata(Payload, frozen=True):
    """Properties of a track that are not part of its fingerprint."""

    duration_sec: Annotated[float, msgspec.Meta(ge=0)]
    sample_rate: int
    channels: int
    format: str
    codec: str
    warnings: list[str]
    undefined: list[DimensionName]
    decoder: str
    kernels: str
    tempo: Tempo | None

    @classmethod
    def of(cls, track: TrackMetadata) -> Self:
        """Return the metadata of a track."""
        return cls(
            track.duration_sec,
            track.sample_rate,
            track.channels,
            track.format,
            track.codec,
            [*track.warnings],
            [*track.undefined],
            track.decoder,
            track.kernels,
            Tempo.of(track.tempo),
        )


class ResultEvent(Payload, frozen=True):
    """A file was fingerprinted. `again` is true if it already had a result of this version."""

    id: int
    path: str
    fingerprint: Fingerprint
    metadata: Metadata
    processing_time_ms: float
    again: bool


class FailureEvent(Payload, frozen=True):
    """A file could not be fingerprinted."""

    id: int
    path: str
    stage: str
    code: str
    reason: str
    again: bool


class TagsEvent(Payload, frozen=True):
    """The tags of these files were read, for the first time or again."""

    ids: list[int]


def result_event(file_id: int, path: bytes, analysed: Analysed, *, again: bool = False) -> ResultEvent:
    """Return the event for a file that was fingerprinted.

    Parameters
    ----------
    file_id : int
    path : bytes
    analysed : Analysed
    again : bool
        The file already had a result of this version.
    """
    fingerprint, metadata = Fingerprint(**analysed.fingerprint), Metadata.of(analysed.metadata)
    return ResultEvent(file_id, os.fsdecode(path), fingerprint, metadata, analysed.processing_time_ms, again)


def failure_event(file_id: int, path: bytes, rejected: Rejected, *, again: bool = False) -> FailureEvent:
    """Return the event for a file that could not be fingerprinted.

    Parameters
    ----------
    file_id : int
    path : bytes
    rejected : Rejected
    again : bool
        The analysis was requested for a file that already had one.
    """
    stage, code = rejected.stage, rejected.code
    return FailureEvent(file_id, os.fsdecode(path), stage, code, public_reason(stage, code, rejected.reason), again)
