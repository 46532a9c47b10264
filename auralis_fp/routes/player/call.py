"""A call of the player's web interface and its response."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ...engine.host import Host
from ...engine.lookup import Answer
from ...engine.service import Service
from ...errors import RequestError
from .bodies import ErrorBody


class Reply(NamedTuple):
    """The status and the JSON body of a response."""

    status: int
    body: Any


class Call(NamedTuple):
    """A request: the service, the host's library, the ids in the path, and the query."""

    service: Service
    host: Host
    numbers: tuple[int, ...]
    query: Mapping[str, str]

    @property
    def number(self) -> int:
        """The first id in the path."""
        return self.numbers[0]


async def answer_for(service: Service, track_id: int) -> Answer | Literal["queued"] | None:
    """Return the answer for a track, ``queued`` if it will have one, or None if it is unknown or failed."""
    try:
        _, known = await service.track(track_id)
    except RequestError as error:
        if error.status == 503:
            raise
        return None
    return "queued" if known is None else known


def queued(what: str) -> Reply:
    """Return the error after which the interface asks again; the host would analyse the file a second time."""
    return Reply(404, ErrorBody(f"{what}. Queued for background processing."))


def whole_number(text: str, most: int) -> int | None:
    """Return the number that a text is, from 1 to the most allowed, or None."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and 1 <= int(text) <= most else None
