"""The calls of the player's web interface, by method and path."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from ...engine.host import Host
from ...engine.lookup import Answer
from ...engine.seeds import Seeds
from ...engine.service import Service
from ...engine.similarity import SimilarRequest
from ...engine.similarity import SimilarTrack as Similar
from ...errors import RequestError, StorageError
from ...tags.clean import SEPARATOR
from ...tags.model import Tags
from ...units import to_wire
from .bodies import AlbumFingerprint, Coverage, Enqueued, ErrorBody, SimilarTrack, TrackFingerprint

log = logging.getLogger(__name__)

SEC_PER_TRACK: Final = 30.0  # expected by the host, until an analysis has been measured
MOST_SIMILAR: Final = 100
PAGE: Final = 100
PAGES: Final = 20  # of similar files at most; files that the host does not have are left out
NO_ARTIST: Final = "Unknown Artist"  # as the host names them
NO_ALBUM: Final = "Unknown Album"
_SWITCHES: Final = frozenset({"true", "1", "yes", "on", "false", "0", "no", "off"})


class Reply(NamedTuple):
    """The status and the JSON body of a response."""

    status: int
    body: Any


class Call(NamedTuple):
    """A request: the service, the host's library, the id in the path, and the query."""

    service: Service
    host: Host
    number: int
    query: Mapping[str, str]


async def answer(service: Service, method: str, path: str, query: Mapping[str, str]) -> Reply | None:
    """Return the response to a request of the player's interface, or None if the host has to answer.

    Parameters
    ----------
    service : Service
    method, path : str
        The path is relative to the root of the host.
    query : mapping
    """
    handler, number = _route(method, path)
    if handler is None:
        return None
    try:
        host = service.host
        if host is None or not host.present:
            return None
        return await handler(Call(service, host, number, query))
    except (RequestError, StorageError) as error:
        log.debug("%s %s is left to the host: %s", method, path, error)
    except Exception:  # the host still answers
        log.exception("%s %s", method, path)
    return None


async def track_fingerprint(call: Call) -> Reply | None:
    """Return the fingerprint of a track; one that is queued moves to the front."""
    track = await call.host.track(call.number)
    if track is None:
        return None
    record, known = await call.service.track(call.number)
    if known is None:
        await call.service.prioritise([record.id])
        return _queued(f"Fingerprint not available for track {track.id}")
    tags = track.tags
    body = TrackFingerprint(
        track_id=track.id,
        track_title=tags.title,
        artist=(tags.artist or NO_ARTIST).replace(SEPARATOR, ", "),
        album=tags.album or NO_ALBUM,
        fingerprint=to_wire(known.analysed.fingerprint),
    )
    return Reply(200, body)


async def album_fingerprint(call: Call) -> Reply | None:
    """Return the median fingerprint of an album."""
    album = await call.host.album(call.number)
    if album is None:
        return None
    answers = [await _known(call.service, track_id) for track_id in album.track_ids]
    values = [to_wire(one.analysed.fingerprint) for one in answers if isinstance(one, Answer)]
    if not values:
        return _queued(f"Album {call.number} has no fingerprinted tracks") if "queued" in answers else None
    body = AlbumFingerprint(
        album_id=call.number,
        album_title=album.title,
        track_count=len(answers),
        fingerprinted_track_count=len(values),
        fingerprint={name: median(one[name] for one in values) for name in values[0]},
    )
    return Reply(200, body)


async def similar_tracks(call: Call) -> Reply | None:
    """Return tracks of the host that sound similar, nearest first."""
    limit = _number(call.query.get("limit", "10"), MOST_SIMILAR)
    switches = [call.query.get(name, "true").lower() for name in ("use_graph", "include_details")]
    if limit is None or not _SWITCHES.issuperset(switches):
        return None  # the host says what is wrong
    if await _known(call.service, call.number) == "queued":
        return _queued(f"Track {call.number} does not have a fingerprint")
    found = await _similar(call, limit)
    detailed = switches[1] in {"true", "1", "yes", "on"}
    known = await call.host.descriptions(track_id for track_id, _ in found) if detailed else {}
    body = [
        _described(track_id, rank, item, known.get(track_id)) for rank, (track_id, item) in enumerate(found, start=1)
    ]
    return Reply(200, body)


async def coverage(call: Call) -> Reply | None:
    """Return how many tracks of the host have a fingerprint, and how long the rest takes."""
    total, done = await call.host.coverage()
    pending = total - done
    if not total:
        status = "No tracks in library"
    elif not pending:
        status = "All tracks have a fingerprint"
    else:
        status = f"{done} of {total} tracks have a fingerprint"
    body = Coverage(
        total_tracks=total,
        fingerprinted_tracks=done,
        pending_tracks=pending,
        progress_percent=float(100 * done // total) if total else 0.0,
        status=status,
        estimated_remaining_seconds=await _remaining_sec(call.service, pending),
    )
    return Reply(200, body)


async def enqueue_all(call: Call) -> Reply | None:
    """Retry failed files and look for new ones; all others are queued anyway."""
    limit = call.query.get("limit")
    if limit is not None and _number(limit, 10_000) is None:
        return None
    total, done = await call.host.coverage()
    if total > done:
        await call.service.retry()
        call.service.scan()
    message = f"{total - done} tracks are queued." if total > done else "All tracks have a fingerprint."
    return Reply(200, Enqueued(total - done, done, total, message))


Handler = Callable[[Call], Awaitable[Reply | None]]
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Handler], ...]] = (
    ("GET", re.compile(r"/api/tracks/([0-9]{1,18})/fingerprint"), track_fingerprint),
    ("GET", re.compile(r"/api/albums/([0-9]{1,18})/fingerprint"), album_fingerprint),
    ("GET", re.compile(r"/api/similarity/tracks/([0-9]{1,18})/similar"), similar_tracks),
    ("GET", re.compile(r"/api/library/fingerprints/status"), coverage),
    ("POST", re.compile(r"/api/similarity/fingerprint-queue/enqueue-all"), enqueue_all),
)


def _route(method: str, path: str) -> tuple[Handler | None, int]:
    for accepted, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path) if method == accepted else None
        if found is not None:
            return handler, int(found[1]) if found.groups() else 0
    return None, 0


async def _known(service: Service, track_id: int) -> Answer | Literal["queued"] | None:
    """Return the answer for a track, ``queued`` if it will have one, or None if it is unknown or failed."""
    try:
        _, known = await service.track(track_id)
    except RequestError as error:
        if error.status == 503:
            raise
        return None
    return "queued" if known is None else known


def _queued(what: str) -> Reply:
    """Return the error after which the interface asks again; the host would analyse the file a second time."""
    return Reply(404, ErrorBody(f"{what}. Queued for background processing."))


async def _similar(call: Call, limit: int) -> list[tuple[int, Similar]]:
    """Return similar files that the host has, with its id of each."""
    found: list[tuple[int, Similar]] = []
    after = None
    for _ in range(PAGES):
        request = SimilarRequest(like=Seeds(tracks=[call.number]), limit=PAGE, after=after)
        page = await call.service.similar(request)
        found += [(min(item.track_ids), item) for item in page.items if item.track_ids]
        after = page.next
        if len(found) >= limit or after is None:
            break
    return found[:limit]


def _described(track_id: int, rank: int, item: Similar, tags: Tags | None) -> SimilarTrack:
    score = min(1.0, max(0.0, item.similarity))
    if tags is None:
        return SimilarTrack(track_id, item.distance, score, rank)
    artist = None if tags.artist is None else tags.artist.split(SEPARATOR)[0]
    return SimilarTrack(track_id, item.distance, score, rank, tags.title, artist, tags.album)


async def _remaining_sec(service: Service, pending: int) -> int:
    """Estimate the time until all tracks have their fingerprint, in seconds."""
    if not pending:
        return 0
    if (eta := (await service.snapshot()).eta_sec) is not None:
        return ceil(eta)
    mean = await service.listings.cost()
    return ceil(pending * (mean.processing_sec / service.workers if mean.measured else SEC_PER_TRACK))


def _number(text: str, most: int) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and 1 <= int(text) <= most else None
