"""Calls for similar tracks, and for how alike two tracks are."""

from collections.abc import Mapping, Sequence
from typing import Final

from ... import schema
from ...engine.lookup import Answer
from ...engine.seeds import Seeds
from ...engine.similar_answers import Copy
from ...engine.similar_answers import SimilarTrack as Similar
from ...engine.similarity import SimilarRequest
from ...models import Analysed
from ...similarity.protocol import Comparison
from ...tags.clean import SEPARATOR
from ...tags.model import Tags
from ...units import to_host
from .bodies import DimensionDifference, PairExplanation, PairSimilarity, SimilarTrack
from .call import Call, Reply, answer_for, queued, whole_number

MOST_SIMILAR: Final = 100
PAGE: Final = 100
PAGES: Final = 20  # of similar files at most; files that the host does not have are left out
_SWITCHES: Final = frozenset({"true", "1", "yes", "on", "false", "0", "no", "off"})


async def similar_tracks(call: Call) -> Reply | None:
    """Return tracks of the host that sound similar, nearest first."""
    limit = whole_number(call.query.get("limit", "10"), MOST_SIMILAR)
    switches = [call.query.get(name, "true").lower() for name in ("use_graph", "include_details")]
    if limit is None or not _SWITCHES.issuperset(switches):
        return None  # the host says what is wrong
    if await answer_for(call.service, call.number) == "queued":
        return queued(f"Track {call.number} does not have a fingerprint")
    found = await _similar(call, limit)
    detailed = switches[1] in {"true", "1", "yes", "on"}
    known = await call.host.descriptions(track_id for track_id, _ in found) if detailed else {}
    body = [
        _described(track_id, rank, item, known.get(track_id)) for rank, (track_id, item) in enumerate(found, start=1)
    ]
    return Reply(200, body)


async def compare(call: Call) -> Reply | None:
    """Return how alike two tracks are."""
    answers = await _pair(call)
    if answers is None or isinstance(answers, Reply):
        return answers
    found = await _comparison(call)
    first, second = call.numbers
    return Reply(200, PairSimilarity(first, second, found.neighbour.distance, found.neighbour.similarity))


async def explain(call: Call) -> Reply | None:
    """Return how alike two tracks are, and in which dimensions they differ."""
    limit = whole_number(call.query.get("top_n", "5"), len(schema.NAMES))
    if limit is None:
        return None  # the host says what is wrong
    answers = await _pair(call)
    if answers is None or isinstance(answers, Reply):
        return answers
    found = await _comparison(call)
    values = [_defined(one.analysed) for one in answers]
    contributions = sorted(schema.NAMES, key=lambda name: -found.differences.get(name, 0.0))
    differences = [_difference(name, found.differences.get(name, 0.0), values) for name in contributions]
    first, second = call.numbers
    body = PairExplanation(
        first, second, found.neighbour.distance, found.neighbour.similarity, differences[:limit], differences
    )
    return Reply(200, body)


async def _pair(call: Call) -> list[Answer] | Reply | None:
    """Return the results of the tracks of a path, an error if one is queued, or None if the host has to answer."""
    if None in [await call.host.track(number) for number in call.numbers]:
        return None
    answers: list[Answer] = []
    for number in call.numbers:
        answer = await answer_for(call.service, number)
        if answer == "queued":
            return queued(f"Track {number} does not have a fingerprint")
        if answer is None:
            return None
        answers.append(answer)
    return answers


async def _comparison(call: Call) -> Comparison:
    """Return how alike the two tracks of a path are."""
    first, second = (Seeds(tracks=[number]) for number in call.numbers)
    return await call.service.similarity.compare(first, second)


def _defined(analysed: Analysed) -> dict[str, float]:
    """Return the values that a track defines, in the units of the host's database."""
    undefined = analysed.metadata.undefined
    return {name: value for name, value in to_host(analysed.fingerprint).items() if name not in undefined}


def _difference(name: str, contribution: float, values: Sequence[Mapping[str, float]]) -> DimensionDifference:
    first, second = (one.get(name) for one in values)
    difference = None if first is None or second is None else first - second
    return DimensionDifference(name, contribution, first, second, difference)


async def _similar(call: Call, limit: int) -> list[tuple[int, Similar]]:
    """Return similar files that the host has, with its id of each."""
    found: list[tuple[int, Similar]] = []
    after = None
    for _ in range(PAGES):
        request = SimilarRequest(like=Seeds(tracks=[call.number]), limit=PAGE, after=after)
        page = await call.service.similar(request)
        for item in page.items:
            files: list[Similar | Copy] = [item, *item.copies]
            track_ids = next((one.track_ids for one in files if one.track_ids), [])
            found += [(min(track_ids), item)] if track_ids else []
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
