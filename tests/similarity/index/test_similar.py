"""Queries for similar tracks."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auralis_fp.similarity.index.similar import compare, similar
from auralis_fp.similarity.index.targets import QueryError
from auralis_fp.similarity.protocol import CompareQuery, Filters, Neighbour, Selection, SimilarPage, SimilarQuery
from auralis_fp.store.tags import TagStore
from auralis_fp.tags.model import TagReading, Tags
from stored import library_in
from vectors import NAMES, catalogue, filled, made_up, result


async def library(folder: Path, count: int = 40) -> list[int]:
    """Store made-up tracks, and return their ids."""
    return await filled(folder, [result(one, duration_sec=100.0 + i) for i, one in enumerate(made_up(count))])


def ask(folder: Path, **query: Any) -> SimilarPage:
    """Return the answer of a fresh index to a query."""
    with catalogue(folder) as index:
        page = {name: query.pop(name) for name in ("limit", "offset", "generation") if name in query}
        return similar(index, SimilarQuery(selection=Selection(**query), **page))


def ids_of(page: SimilarPage) -> list[int]:
    """Return the ids of a page."""
    return [one.file_id for one in page.items]


async def test_all_others_are_ranked(tmp_path: Path) -> None:
    """Each once, without the seed, with distances, similarities and reasons."""
    ids = await library(tmp_path)
    page = ask(tmp_path, like=[ids[0]], limit=100)
    assert sorted(ids_of(page)) == ids[1:]
    assert page.total == 39
    for one in page.items:
        assert one.distance > 0
        assert 0 <= one.similarity <= 1
        assert one.reason
        assert sum(family.distance for family in one.families) == pytest.approx(one.distance, abs=1e-2)
    by_distance = sorted(page.items, key=lambda one: one.distance)
    similarities = [one.similarity for one in by_distance]
    assert similarities == sorted(similarities, reverse=True)


async def test_two_tracks_are_compared(tmp_path: Path) -> None:
    """As neighbours of each other, in either order, with the difference of each dimension; unknown tracks are named."""
    ids = await library(tmp_path)
    neighbour = next(one for one in ask(tmp_path, like=[ids[0]], limit=100).items if one.file_id == ids[3])
    with catalogue(tmp_path) as index:
        found = compare(index, CompareQuery(first=ids[0], second=ids[3]))
        back = compare(index, CompareQuery(first=ids[3], second=ids[0]))
        with pytest.raises(QueryError, match="File 999"):
            compare(index, CompareQuery(first=ids[0], second=999))
    assert found.neighbour == neighbour
    assert back.neighbour.distance == found.neighbour.distance
    assert back.differences == found.differences
    assert set(found.differences) <= set(NAMES)
    assert sum(found.differences.values()) == pytest.approx(neighbour.distance, abs=1e-2)


async def test_pages_join_into_one_answer(tmp_path: Path) -> None:
    """No track is missing or given twice, and the total is that of all pages."""
    ids = await library(tmp_path)
    whole = ids_of(ask(tmp_path, like=[ids[7]], limit=100))
    pages = [ask(tmp_path, like=[ids[7]], limit=10, offset=offset, generation=1) for offset in range(0, 50, 10)]
    assert [page.next for page in pages] == [10, 20, 30, None, None]
    assert [file_id for page in pages for file_id in ids_of(page)] == whole
    assert {page.total for page in pages} == {39}


async def test_a_cursor_of_another_generation_is_refused(tmp_path: Path) -> None:
    """The order of its first page no longer holds."""
    ids = await library(tmp_path)
    with pytest.raises(QueryError, match="start again"):
        ask(tmp_path, like=[ids[0]], generation=9)


async def test_copies_are_left_out(tmp_path: Path) -> None:
    """Files with the audio data or the numbers of the seed."""
    tracks = made_up(12)
    outcomes = [result(one, content=b"%d" % i) for i, one in enumerate(tracks)]
    same_data = result(tracks[5], content=b"0")
    same_numbers = result(tracks[0], content=b"other")
    ids = await filled(tmp_path, [*outcomes, same_data, same_numbers])
    assert sorted(ids_of(ask(tmp_path, like=[ids[0]]))) == ids[1:12]


async def test_copies_of_a_neighbour_stand_beside_it(tmp_path: Path) -> None:
    """The first in order has a row with its own distance, and names the others; the total counts all."""
    tracks = made_up(12)
    ids = await filled(tmp_path, [result(one, content=b"%d" % i) for i, one in enumerate([*tracks, tracks[3]])])
    plain = {one.file_id: one for one in ask(tmp_path, like=[ids[0]], filters=Filters(exclude=[ids[12]])).items}
    page = ask(tmp_path, like=[ids[0]])
    assert sorted(ids_of(page)) == ids[1:12]
    assert {one.file_id: one.copies for one in page.items if one.copies} == {ids[3]: [ids[12]]}
    assert page.total == 12
    assert {one.file_id: one.distance for one in page.items} == {key: one.distance for key, one in plain.items()}


async def test_many_copies_of_a_neighbour_leave_the_limit_filled(tmp_path: Path) -> None:
    """Pages hold a row of each recording, however many files it has, and no copy comes again on a later one."""
    tracks = made_up(9)
    ids = await filled(tmp_path, [result(one) for one in [*tracks, *[tracks[4]] * 60]])
    items = list[Neighbour]()
    offset: int | None = 0
    while offset is not None:
        page = ask(tmp_path, like=[ids[0]], limit=3, offset=offset, generation=1)
        assert len(page.items) == (3 if page.next else 2)
        items += page.items
        offset = page.next
    recordings = [min(one.file_id, *one.copies, ids[4]) if one.copies else one.file_id for one in items]
    assert sorted(recordings) == ids[1:9]
    assert max(len(one.copies) for one in items) == 60


async def test_filters_come_before_the_limit(tmp_path: Path) -> None:
    """A limit is filled with tracks that pass all filters."""
    ids = await library(tmp_path)
    values = made_up(40)
    fitting = [ids[i] for i in range(1, 40) if values[i]["tempo_bpm"] >= 110 and 110 <= 100 + i <= 135]
    filters = Filters(ranges={"tempo_bpm": (110.0, None)}, duration=(110.0, 135.0))
    page = ask(tmp_path, like=[ids[0]], limit=5, filters=filters)
    assert len(page.items) == 5
    assert page.total == len(fitting)
    assert sorted(ids_of(ask(tmp_path, like=[ids[0]], limit=50, filters=filters))) == fitting


async def test_folders_and_exclusions(tmp_path: Path) -> None:
    """Only below given folders, without given ids, without the folder of the seed."""
    ids = await filled(tmp_path, [result(one) for one in made_up(12)], "/music/a/%02d.flac")
    assert sorted(ids_of(ask(tmp_path, like=[ids[0]], filters=Filters(folders=[b"/music/a"])))) == ids[1:]
    page = ask(tmp_path, like=[ids[0]], filters=Filters(folders=[b"/music/b"]))
    assert (page.items, page.total, page.note) == ([], 0, "No other track lies below the given folders.")
    assert sorted(ids_of(ask(tmp_path, like=[ids[0]], filters=Filters(exclude=[*ids[:10], 10**9])))) == ids[10:]
    page = ask(tmp_path, like=[ids[0]], filters=Filters(exclude_folders=True))
    assert page.note == "Every track that fits lies in the folder of a seed."


@pytest.mark.parametrize(
    ("filters", "note"),
    [
        (Filters(ranges={"lufs": (0.0, -20.0)}), "ends below its beginning"),
        (Filters(ranges={"lufs": (9.0, 10.0)}), "fits the range of loudness"),
        (Filters(duration=(10_000.0, None)), "fits the range of duration"),
    ],
)
async def test_an_empty_answer_says_why(tmp_path: Path, filters: Filters, note: str) -> None:
    """Contradictory and unfulfillable filters are answers, not errors."""
    ids = await library(tmp_path)
    page = ask(tmp_path, like=[ids[0]], filters=filters)
    assert page.items == []
    assert note in page.note


@pytest.mark.parametrize("count", [1, 2])
async def test_a_tiny_library(tmp_path: Path, count: int) -> None:
    """One track has no neighbour, which is said; two have each other."""
    ids = await library(tmp_path, count)
    page = ask(tmp_path, like=[ids[0]])
    assert ids_of(page) == ids[1:]
    assert page.note == ("The library has no other recording." if count == 1 else "")


async def test_an_empty_library(tmp_path: Path) -> None:
    """A track that is not indexed is refused; wished values get an empty answer that says why."""
    await filled(tmp_path, [])
    with pytest.raises(QueryError, match="File 1 has no current fingerprint"):
        ask(tmp_path, like=[1])
    assert ask(tmp_path, values={"tempo_bpm": 120.0}).note == "The library has no analysed track yet."


async def test_a_hundred_copies_of_one(tmp_path: Path) -> None:
    """All are copies of the seed, so nothing is similar; nothing is NaN."""
    ids = await filled(tmp_path, [result(made_up(1)[0])] * 100)
    page = ask(tmp_path, like=[ids[50]], limit=1000)
    assert (page.items, page.note) == ([], "The library has no other recording.")


async def test_ids_given_twice_count_once(tmp_path: Path) -> None:
    """The answer is that of the id given once."""
    ids = await library(tmp_path)
    assert ask(tmp_path, like=[ids[3], ids[3]]) == ask(tmp_path, like=[ids[3]])


@pytest.mark.parametrize("limit", [0, 1, 10**6])
async def test_any_limit(tmp_path: Path, limit: int) -> None:
    """None, one, and more than there are."""
    ids = await library(tmp_path)
    page = ask(tmp_path, like=[ids[0]], limit=limit)
    assert len(page.items) == min(limit, 39)
    assert page.total == 39


async def test_several_seeds(tmp_path: Path) -> None:
    """No seed is in the answer, and their middle comes before what is near to one only."""
    low, high = dict(made_up(1)[0]), dict(made_up(1)[0])
    low["lufs"], high["lufs"] = -24.0, -8.0
    others = made_up(30, seed=5)
    middle = low | {"lufs": -16.0}
    ids = await filled(tmp_path, [result(one) for one in [low, high, middle, *others]])
    page = ask(tmp_path, like=ids[:2], limit=100)
    assert page.items[0].file_id == ids[2]
    assert not set(ids_of(page)) & set(ids[:2])


async def test_unlike_pushes_away(tmp_path: Path) -> None:
    """What is near to a seed to avoid comes later than without it, and the seed itself never."""
    tracks = made_up(30)
    near_both = {name: (tracks[0][name] + tracks[1][name]) / 2 for name in NAMES}
    ids = await filled(tmp_path, [result(one) for one in [*tracks, near_both]])
    plain = ids_of(ask(tmp_path, like=[ids[0]], limit=100))
    against = ids_of(ask(tmp_path, like=[ids[0]], unlike=[ids[1]], limit=100))
    assert ids[1] not in against
    assert against.index(ids[-1]) > plain.index(ids[-1])


async def test_wished_values(tmp_path: Path) -> None:
    """Alone they find the tracks with such values; with a seed they replace its own; undefined is no match."""
    base = made_up(1)[0]
    slow, fast = base | {"tempo_bpm": 70.0}, base | {"tempo_bpm": 100.0}
    bright = slow | {"spectral_centroid": 4000.0}
    tempoless = result(base, undefined=["tempo_bpm"])
    ids = await filled(tmp_path, [*(result(one) for one in [slow, fast, bright, *made_up(30, seed=3)]), tempoless])
    assert ids_of(ask(tmp_path, like=[ids[1]], values={"tempo_bpm": 70.0}, limit=1)) == [ids[0]]
    assert ids_of(ask(tmp_path, like=[ids[0]], values={"spectral_centroid": 4000.0}, limit=1)) == [ids[2]]
    known = [slow, fast, bright, *made_up(30, seed=3)]
    tempi = {file_id: one["tempo_bpm"] for file_id, one in zip(ids, known, strict=False)}
    found = ask(tmp_path, values={"tempo_bpm": 70.0}, limit=100)
    assert ids[-1] not in ids_of(found)
    octaves = [abs((math.log2(tempi[one.file_id] / 70.0) + 0.5) % 1 - 0.5) for one in found.items]
    assert np.argmin(octaves) == 0
    assert found.items[0].distance <= found.items[-1].distance


async def test_weights_change_what_counts(tmp_path: Path) -> None:
    """With all weight on the temporal family the nearest in tempo and rhythm is first."""
    tracks = made_up(20)
    rhythm = {name: tracks[0][name] for name in NAMES if name in TEMPORAL}
    twin = made_up(1, seed=99)[0] | rhythm
    ids = await filled(tmp_path, [result(one) for one in [*tracks, twin]])
    others = dict.fromkeys(("frequency", "dynamics", "spectral", "harmonic", "variation", "stereo"), 0.0)
    page = ask(tmp_path, like=[ids[0]], weights=others, limit=1)
    assert ids_of(page) == [ids[-1]]
    assert "weight 0" in ask(tmp_path, like=[ids[0]], weights=others | {"temporal": 0.0}).note


TEMPORAL = {"tempo_bpm", "rhythm_stability", "transient_density", "silence_ratio"}


async def test_without_a_seed(tmp_path: Path) -> None:
    """The answer is empty and says why."""
    await library(tmp_path, 3)
    assert "give a track" in ask(tmp_path).note


TAGS = [
    Tags(artist="Björk", album="Homogenic", genre="Electronic; Art Pop", year=1997),
    Tags(artist="BJORK", album="Vespertine", genre="electronic", year=2001),
    Tags(artist="Sigur Rós", album="Takk...", genre="Post-Rock", year=2005),
    Tags(artist="Múm", album="Homogenic", album_artist="Various Artists", genre="Electronic", year=2001),
    Tags(),
]


async def tagged(folder: Path) -> list[int]:
    """Store made-up tracks with the tags above, and return their ids."""
    ids = await library(folder, len(TAGS))
    async with library_in(folder) as opened:
        store = TagStore(opened.database)
        await store.prepare()
        due = await store.due(len(TAGS))
        await store.record([(file, TagReading(TAGS[ids.index(file.file_id)])) for file in due])
    return ids


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(artists=["bjork"]), [1]),
        (Filters(artists=["Sigur Ros", "mum"]), [2, 3]),
        (Filters(albums=["homogenic"]), [3]),
        (Filters(genres=["electronic"]), [1, 3]),
        (Filters(genres=["art pop"]), []),
        (Filters(years=(2001, 2001)), [1, 3]),
        (Filters(years=(2002, None), artists=["sigur rós"]), [2]),
        (Filters(exclude_artists=True), [2, 3, 4]),
        (Filters(exclude_albums=True), [1, 2, 3, 4]),
        (Filters(artists=[]), []),
    ],
)
async def test_filters_by_tags(tmp_path: Path, filters: Filters, found: list[int]) -> None:
    """Artists, albums and genres in any spelling, years, and those of the seed; an empty answer says why."""
    ids = await tagged(tmp_path)
    page = ask(tmp_path, like=[ids[0]], filters=filters)
    assert sorted(ids_of(page)) == [ids[i] for i in found]
    assert bool(page.note) == (not found)


async def test_an_artist_or_album_by_its_id(tmp_path: Path) -> None:
    """Ids of the listings serve as well as names."""
    ids = await tagged(tmp_path)
    async with library_in(tmp_path) as opened:
        known = (await TagStore(opened.database).of_files(ids))[ids[1]]
    assert ids_of(ask(tmp_path, like=[ids[0]], filters=Filters(albums=[known.album_id]))) == [ids[1]]
    assert ids_of(ask(tmp_path, like=[ids[0]], filters=Filters(artists=[known.artist_id or ""]))) == [ids[1]]
