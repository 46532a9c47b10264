"""Radios: near to the seeds, spread out, within limits."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.similarity.index.playlist import playlist
from auralis_fp.similarity.protocol import Filters, Playlist, PlaylistQuery, Selection
from stored import library_in
from vectors import catalogue, filled, made_up, result, store


async def library(folder: Path, name: str = "/music/%03d/song.flac", count: int = 60) -> list[int]:
    """Store made-up tracks of 100 s and more, and return their ids."""
    return await filled(folder, [result(one, duration_sec=100.0 + i) for i, one in enumerate(made_up(count))], name)


def ask(folder: Path, like: list[int], filters: Filters | None = None, **query: Any) -> Playlist:
    """Return the radio of a fresh index."""
    with catalogue(folder) as index:
        return playlist(index, PlaylistQuery(selection=Selection(like=like, filters=filters or Filters()), **query))


def ids_of(found: Playlist) -> list[int]:
    """Return the ids of a playlist."""
    return [one.file_id for one in found.items]


async def test_it_has_distinct_tracks_without_the_seed(tmp_path: Path) -> None:
    """A playlist has the requested length and the steps between its tracks."""
    ids = await library(tmp_path)
    found = ask(tmp_path, [ids[0]], tracks=20)
    assert len(set(ids_of(found))) == 20
    assert ids[0] not in ids_of(found)
    assert found.items[0].step == 0
    assert all(one.step > 0 and 0 <= one.energy <= 1 for one in found.items[1:])


async def test_a_number_gives_the_same_list_every_time(tmp_path: Path) -> None:
    """And another number another list."""
    ids = await library(tmp_path)
    lists = [ids_of(ask(tmp_path, [ids[0]], tracks=15, number=number)) for number in (0, 1, 2, 0, 1, 2)]
    assert lists[:3] == lists[3:]
    assert len({tuple(one) for one in lists}) == 3


async def test_spread_makes_tracks_differ(tmp_path: Path) -> None:
    """The mean step grows with it, and so does the distance from the seed."""
    ids = await library(tmp_path)
    near, far = (ask(tmp_path, [ids[0]], tracks=10, spread=spread).items for spread in (0.0, 0.9))
    assert sum(one.step for one in near) < sum(one.step for one in far)
    assert sum(one.distance or 0 for one in near) < sum(one.distance or 0 for one in far)


async def test_length_in_minutes(tmp_path: Path) -> None:
    """The track that reaches it is the last one."""
    ids = await library(tmp_path)
    found = ask(tmp_path, [ids[0]], minutes=20.0)
    seconds = [one.duration_sec for one in found.items]
    assert sum(seconds) >= 1200 > sum(seconds[:-1])


@pytest.mark.parametrize("name", ["/music/%03d/song.flac", "/music/a/%03d.flac"])
async def test_default_limits_give_way(tmp_path: Path, name: str) -> None:
    """Three tracks of an album, unless the list would end: one folder of music has radios too."""
    ids = await library(tmp_path, name)
    assert len(ask(tmp_path, [ids[0]], tracks=12).items) == 12


async def test_given_limits_hold(tmp_path: Path) -> None:
    """A cap ends the list, which says so; a gap keeps tracks of a folder apart."""
    tracks = [result(one) for one in made_up(60)]
    names = [f"/music/{i % 6}/{i}.flac" for i in range(60)]
    ids = await _named(tmp_path, tracks, names)
    folders = {file_id: name.rpartition("/")[0] for file_id, name in zip(ids, names, strict=True)}
    found = ask(tmp_path, [ids[0]], tracks=30, cap={"folder": 2}, gap={})
    assert max(Counter(folders[one] for one in ids_of(found)).values()) == 2
    assert len(found.items) == 12
    assert found.note == "Only 12 tracks fit."
    found = ask(tmp_path, [ids[0]], tracks=30, gap={"folder": 3}, cap={})
    way = [folders[one] for one in ids_of(found)]
    assert len(way) == 30
    assert all(len(set(way[i : i + 4])) == 4 for i in range(27))


async def _named(folder: Path, outcomes: list[Any], names: list[str]) -> list[int]:
    """Store results under given paths, and return the ids."""
    async with library_in(folder) as opened:
        return [await store(opened, name.encode(), one) for name, one in zip(names, outcomes, strict=True)]


async def test_no_track_within_its_copies(tmp_path: Path) -> None:
    """Of two files with the same audio data one is played."""
    tracks = made_up(20)
    outcomes = [result(one, content=b"%d" % i) for i, one in enumerate(tracks)]
    ids = await filled(tmp_path, [*outcomes, *outcomes])
    found = ask(tmp_path, [ids[0]], tracks=40, cap={}, gap={})
    assert len(found.items) == 19
    assert len({(one - ids[0]) % 20 for one in ids_of(found)}) == 19


async def test_an_energy_curve_is_followed(tmp_path: Path) -> None:
    """A rising one begins calm and ends driving."""
    ids = await library(tmp_path, count=200)
    found = ask(tmp_path, [ids[0]], tracks=20, curve=[(0.0, 0.0), (1.0, 1.0)])
    energy = [one.energy for one in found.items]
    assert sum(energy[:5]) / 5 < 0.35
    assert sum(energy[-5:]) / 5 > 0.65


async def test_filters_hold(tmp_path: Path) -> None:
    """No track outside them, and an empty list says why."""
    ids = await library(tmp_path)
    found = ask(tmp_path, [ids[0]], Filters(duration=(110.0, 125.0)), tracks=50)
    assert {one.duration_sec for one in found.items} == {110.0 + i for i in range(16)}
    assert found.note == "Only 16 tracks fit."
    assert (
        ask(tmp_path, [ids[0]], Filters(folders=[b"/elsewhere"])).note == "No other track lies below the given folders."
    )


async def test_more_tracks_than_there_are(tmp_path: Path) -> None:
    """All of them come, once."""
    ids = await library(tmp_path, count=5)
    found = ask(tmp_path, [ids[0]], tracks=1000)
    assert sorted(ids_of(found)) == ids[1:]


SPEECH = {
    "tempo_bpm": 120.0,
    "silence_ratio": 0.2,
    "sub_bass_pct": 0.03,
    "low_mid_pct": 35.0,
    "mid_pct": 27.0,
    "pitch_stability": 0.16,
    "chroma_energy": 0.16,
    "stereo_width": 0.0,
}


async def test_spoken_word_is_left_out(tmp_path: Path) -> None:
    """Unless a seed is spoken, or it is asked for; similar tracks have it unless it is excluded."""
    music = [result(one) for one in made_up(10)]
    speech = [result(one | SPEECH, undefined=["tempo_bpm"]) for one in made_up(5, seed=2)]
    ids = await filled(tmp_path, [*music, *speech])
    assert sorted(ids_of(ask(tmp_path, [ids[0]], tracks=50))) == ids[1:10]
    assert sorted(ids_of(ask(tmp_path, [ids[0]], Filters(exclude_spoken=False), tracks=50))) == ids[1:]
    assert set(ids[10:14]) < set(ids_of(ask(tmp_path, [ids[14]], tracks=50)))
    assert not ask(tmp_path, [ids[14]], Filters(exclude_spoken=True, exclude=ids[:10]), tracks=50).items


@pytest.mark.parametrize("count", [1, 100])
async def test_copies_of_one_make_no_radio(tmp_path: Path, count: int) -> None:
    """The list is empty and says why, for one track as for a hundred copies of it."""
    ids = await filled(tmp_path, [result(made_up(1)[0])] * count)
    found = ask(tmp_path, [ids[0]], tracks=10)
    assert (found.items, found.note) == ([], "The library has no other recording.")


async def test_contradictory_filters(tmp_path: Path) -> None:
    """The list is empty and says which filter contradicts itself."""
    ids = await library(tmp_path, count=5)
    found = ask(tmp_path, [ids[0]], Filters(ranges={"lufs": (0.0, -9.0)}), tracks=10)
    assert (found.items, found.note) == ([], "No track fits: the range of lufs ends below its beginning.")
