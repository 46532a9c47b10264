"""Requests and responses about duplicates."""

from typing import Annotated

import msgspec

from ...engine.snapshot import Count
from ...runtime.payloads import Payload
from .bodies import Id
from .queries import Query

MAX_FILES = 100


class DuplicatesQuery(Query):
    """A page of groups."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500, description="maximum number of groups")] = 100
    offset: Annotated[int, msgspec.Meta(ge=0, le=10_000_000, description="`next` of the previous page")] = 0


class DecisionBody(msgspec.Struct, forbid_unknown_fields=True):
    """Files of which all hold the same recording, or of which no two do."""

    files: Annotated[list[Id], msgspec.Meta(min_length=2, max_length=MAX_FILES)]
    same: bool


class Decided(Payload, frozen=True):
    """The number of pairs that the decision is remembered for."""

    pairs: Count
