"""The calls of the player's web interface, by method and path."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from statistics import median
from typing import Final

from ...engine.lookup import Answer
from ...engine.service import Service
from ...errors import RequestError, StorageError
from ...tags.clean import SEPARATOR
from ...units import to_wire
from .bodies import AlbumFingerprint, Coverage, Enqueued, TrackFingerprint
from .call import Call, Reply, answer_for, queued, whole_number
from .similarity import compare, explain, similar_tracks

log = logging.getLogger(__name__)

SEC_PER_TRACK: Final = 30.0  # expected by the host, until an analysis has been measured
NO_ARTIST: Final = "Unknown Artist"  # as the host names them
NO_ALBUM: Final = "Unknown Album"


async def answer(service: Service, method: str, path: str, query: Mapping[str, str]) -> Reply | None:
    """Return the response to a request of the player's interface, or None if the host has to answer.

    Parameters
    ----------
    service : Service
    method, path : str
        The path is relative to the root of the host.
    query : mapping
    """
    handler, numbers = _route(method, path)
    if handler is None:
        return None
    try:
        host = service.host
        if host is None or not host.present:
            return None
        return await handler(Call(service, host, numbers, query))
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
        return queued(f"Fingerprint not available for track {track.id}")
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
    answers = [await answer_for(call.service, track_id) for track_id in album.track_ids]
    values = [to_wire(one.analysed.fingerprint) for one in answers if isinstance(one, Answer)]
    if not values:
        return queued(f"Album {call.number} has no fingerprinted tracks") if "queued" in answers else None
    body = AlbumFingerprint(
        album_id=call.number,
        album_title=album.title,
        track_count=len(answers),
        fingerprinted_track_count=len(values),
        fingerprint={name: median(one[name] for one in values) for name in values[0]},
    )
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
    if limit is not None and whole_number(limit, 10_000) is None:
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
    ("GET", re.compile(r"/api/similarity/tracks/([0-9]{1,18})/compare/([0-9]{1,18})"), compare),
    ("GET", re.compile(r"/api/similarity/tracks/([0-9]{1,18})/explain/([0-9]{1,18})"), explain),
    ("GET", re.compile(r"/api/library/fingerprints/status"), coverage),
    ("POST", re.compile(r"/api/similarity/fingerprint-queue/enqueue-all"), enqueue_all),
)


def _route(method: str, path: str) -> tuple[Handler | None, tuple[int, ...]]:
    for accepted, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path) if method == accepted else None
        if found is not None:
            return handler, tuple(map(int, found.groups()))
    return None, ()


async def _remaining_sec(service: Service, pending: int) -> int:
    """Estimate the time until all tracks have their fingerprint, in seconds."""
    if not pending:
        return 0
    if (eta := (await service.snapshot()).eta_sec) is not None:
        return ceil(eta)
    mean = await service.listings.cost()
    return ceil(pending * (mean.processing_sec / service.workers if mean.measured else SEC_PER_TRACK))
