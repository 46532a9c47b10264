"""Searches over tags and paths, with and without the full-text index."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.models import FileEvent
from auralis_fp.store import filters
from auralis_fp.store.files import Library
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.queries import Queries
from auralis_fp.store.search_index import prepare_index
from auralis_fp.store.tags import TagStore
from auralis_fp.tags.model import TagReading, Tags
from stored import STAMP, analysed, library_in, queued, seen, stored, with_metadata

TRACKS = {
    b"/music/Sigur R\xc3\xb3s/01 Intro.flac": Tags(title="Intro", artist="Sigur Rós", album="Ágætis byrjun", year=1999),
    b"/music/weisse/02.mp3": Tags(title="Straße nach Łódź", artist="Die Ärzte", album="Weiß", year=1993, genre="Rock"),
    b"/music/tokyo.mp3": Tags(title="東京は夜の七時", artist="ピチカート・ファイヴ", album="愛", year=1995),
    b'/music/100% "x"_y.mp3': Tags(title='a"b AND c* NOT (d)', artist="Røyksopp", year=2001),
    b"/music/untagged/My Holiday Song.wav": Tags(),
}


@pytest.fixture(params=["index", "scan"])
async def library(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Library]:
    """Return a library of tagged tracks, with a full-text index or without FTS5."""
    async with library_in(tmp_path) as opened:
        await TagStore(opened.database).prepare()
        if request.param == "scan":
            await opened.database.write(lambda db: prepare_index(db, available=False))
        for number, path in enumerate(TRACKS):
            await stored(opened, path, tempo_bpm=100.0 + 10 * number)
        store = TagStore(opened.database)
        due = await store.due(len(TRACKS))
        await store.record([(file, TagReading(TRACKS[file.path])) for file in due])
        yield opened


async def found(library: Library, query: str, **more: object) -> list[bytes]:
    """Return the paths that a search finds, after checking its total."""
    wanted = FileQuery(query=query, **more)  # type: ignore[arg-type]
    queries = Queries(library.database)
    page = await queries.files(wanted)
    assert page.total == len(page.items) == await queries.number(wanted) == len(await queries.ids(wanted))
    return [record.path for record in page.items]


SIGUR, WEISS, TOKYO, ODD, PLAIN = TRACKS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sigur ros", [SIGUR]),
        ("SIGUR RÓS", [SIGUR]),
        ("agaetis", [SIGUR]),
        ("byrj", [SIGUR]),
        ("yrju", [SIGUR]),
        ("strasse", [WEISS]),
        ("STRASSE lodz", [WEISS]),
        ("weiss", [WEISS]),
        ("arzte", [WEISS]),
        ("東京", [TOKYO]),
        ("夜", [TOKYO]),
        ("愛", [TOKYO]),
        ("ファイヴ", [TOKYO]),
        ("royksopp", [ODD]),
        ("100%", [ODD]),
        ("_y", [ODD]),
        ('a"b', [ODD]),
        ("c*", [ODD]),
        ("AND", [ODD]),
        ("(d)", [ODD]),
        ("oliday", [PLAIN]),
        ("holiday song", [PLAIN]),
        ('"holiday song"', [PLAIN]),
        ('"song holiday"', []),
        ("artist:sigur", [SIGUR]),
        ("album:sigur", []),
        ("title:intro artist:sigur", [SIGUR]),
        ("genre:rock", [WEISS]),
        ("path:untagged", [PLAIN]),
        ("year:1990..1995", [TOKYO, WEISS]),
        ("year:1995..", [ODD, SIGUR, TOKYO]),
        ("tempo:100..110", [SIGUR, WEISS]),
        ("tempo:110 year:1993 rock", [WEISS]),
        ("tempo:100..110 sigur", [SIGUR]),
        ("music", sorted(TRACKS)),
        ("flac", [SIGUR]),
        ("q", []),
        ("zz", []),
        ("x y", sorted([ODD])),
    ],
)
async def test_search(library: Library, query: str, expected: list[bytes]) -> None:
    """Accents, ligatures, parts of words, any script, fields and ranges; odd characters are text."""
    assert await found(library, query) == sorted(expected)


async def test_search_pages(library: Library) -> None:
    """Pages follow each other in every order, and each knows the total."""
    queries = Queries(library.database)
    for sort in ("path", "title", "year", "tempo_bpm", "track"):
        whole = [record.path async for record in queries.all_files(FileQuery(query="music", sort=sort))]
        paged = [record.path async for record in queries.all_files(FileQuery(query="music", sort=sort, limit=2))]
        assert paged == whole


async def test_unread_files_are_found_by_their_path(library: Library) -> None:
    """Files whose tags have not been read yet are found, too, once each."""
    await library.observe([seen(b"/music/Unread Thing.mp3")])
    assert await found(library, "unread thing") == [b"/music/Unread Thing.mp3"]
    assert len(await found(library, "music")) == len(TRACKS) + 1
    assert await found(library, "artist:unread") == []


async def test_gone_files_are_not_counted(library: Library) -> None:
    """Missing files are found only if they are asked for."""
    await library.observe([FileEvent(TOKYO, None)])
    assert await found(library, "東京") == []
    assert await found(library, "東京", state="missing") == [TOKYO]


async def test_filters(library: Library) -> None:
    """Ids, the exact path, albums and artists narrow a listing down."""
    record = await library.by_path(SIGUR)
    assert record is not None
    tags = (await TagStore(library.database).of_files([record.id]))[record.id]
    queries = Queries(library.database)
    for wanted in (
        FileQuery(ids=(record.id, 10**15)),
        FileQuery(path=SIGUR),
        FileQuery(album=tags.album_id),
        FileQuery(artist=tags.artist_id),
    ):
        assert [one.path for one in (await queries.files(wanted)).items] == [SIGUR]
    assert (await queries.files(FileQuery(path=SIGUR[:-1]))).items == []


@pytest.mark.parametrize("dense", [0, 10_000])
async def test_pages_of_many_matches(library: Library, dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are the same whether the matches are sorted or the files are walked in order; each knows the total."""
    monkeypatch.setattr(filters, "DENSE", dense)
    await library.observe([FileEvent(TOKYO, None)])
    queries = Queries(library.database)
    present = sorted(path for path in TRACKS if path != TOKYO)
    for query in ("music", "music year:1900..2100", "tempo:1..400"):
        for descending in (False, True):
            wanted = FileQuery(query=query, descending=descending, limit=2)
            expected = [path for path in present if "year" not in query or TRACKS[path].year]
            found = [record.path async for record in queries.all_files(wanted)]
            assert found == (expected[::-1] if descending else expected)
            page = await queries.files(wanted)
            while page.next is not None:
                assert page.total == len(expected)
                page = await queries.files(replace(wanted, after=page.next))


async def test_an_undefined_tempo_is_in_no_range(library: Library) -> None:
    """The neutral value that stands for an undefined dimension is not found as a value."""
    for path, undefined in ((b"/music/drone.flac", ("tempo_bpm",)), (b"/music/march.flac", ())):
        job = await queued(library, path)
        result = with_metadata(analysed(tempo_bpm=120.0), undefined=undefined)
        assert await library.record(job.file_id, result, STAMP, claim=job.claim, source="analysis")
    assert await found(library, "tempo:115..124") == [b"/music/march.flac"]
    assert await found(library, "drone tempo:1..400") == []
