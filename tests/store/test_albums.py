"""Albums and artists from the tags of tracks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.store.albums import ALBUM_SORTS, ARTIST_SORTS, AlbumStore, GroupQuery
from auralis_fp.store.files import Library
from auralis_fp.store.tags import TagStore
from auralis_fp.tags.model import Cover, TagReading, Tags
from stored import library_in, stored

COVER = Cover("ab" * 16, "embedded")
TRACKS = {
    b"/m/one/1.mp3": (Tags(title="A", artist="Ann", album="One", year=1999, disc=1), None, 90.0),
    b"/m/one/2.mp3": (Tags(title="B", artist="Ann", album="One", year=1999, disc=2), COVER, 100.0),
    b"/m/one/3.mp3": (Tags(title="C", artist="ANN", album="one", year=2000, disc=2), COVER, 140.0),
    b"/m/hits/1.mp3": (Tags(artist="Ann", album="Hits", compilation=True), None, 60.0),
    b"/m/hits/2.mp3": (Tags(artist="Bob", album="Hits", compilation=True), None, 80.0),
    b"/m/mixed/1.mp3": (Tags(artist="Bob", album="Mixed"), None, 70.0),
    b"/m/mixed/2.mp3": (Tags(artist="Cid", album="Mixed"), None, 70.0),
    b"/m/loose/x.mp3": (Tags(), None, 70.0),
    b"/m/loose/y.mp3": (Tags(title="y"), None, 90.0),
}


@pytest.fixture
async def albums(tmp_path: Path) -> AsyncIterator[AlbumStore]:
    """Return the albums of some tagged and analysed tracks."""
    async with library_in(tmp_path) as library:
        await tag(library)
        yield AlbumStore(library.database)


async def tag(library: Library) -> None:
    """Have all tracks seen, analysed and tagged."""
    store = TagStore(library.database)
    await store.prepare()
    for path, (_, _, tempo) in TRACKS.items():
        await stored(library, path, tempo_bpm=tempo)
    due = await store.due(len(TRACKS))
    await store.record([(file, TagReading(*TRACKS[file.path][:2])) for file in due])


async def test_albums(albums: AlbumStore) -> None:
    """Each album has its artist, counts, length, and median fingerprint; untagged tracks are grouped by folder."""
    page = await albums.albums(GroupQuery(sort="title"))
    described = {
        album.title: (album.kind, album.artist, album.year, album.discs, album.tracks, album.compilation)
        for album in page.items
    }
    assert described == {
        "Hits": ("album", "Various Artists", None, 1, 2, True),
        "Mixed": ("album", "Various Artists", None, 1, 2, True),
        "One": ("album", "Ann", 1999, 2, 3, False),
        "loose": ("folder", None, None, 1, 2, False),
    }
    assert [album.title for album in page.items] == ["Hits", "Mixed", "One", "loose"]
    assert page.total == 4
    one = page.items[2]
    assert one.fingerprint is not None
    assert one.fingerprint["tempo_bpm"] == 100.0
    assert one.duration_sec == pytest.approx(3 * 212.25)
    assert one.cover_file_id is not None


async def test_artists(albums: AlbumStore) -> None:
    """Artists are counted by the tags of single tracks, in whatever case they are written."""
    page = await albums.artists(GroupQuery(sort="name"))
    assert [(artist.name, artist.tracks, artist.albums) for artist in page.items] == [
        ("Ann", 4, 2),
        ("Bob", 2, 2),
        ("Cid", 1, 1),
    ]
    ann = page.items[0]
    assert ann.fingerprint is not None
    assert ann.fingerprint["tempo_bpm"] == 95.0


async def test_searches_orders_and_pages(albums: AlbumStore) -> None:
    """A search keeps whole albums; pages in every order hold each album once."""
    found = await albums.albums(GroupQuery(sort="title", query="title:b"))
    assert [(album.title, album.tracks) for album in found.items] == [("One", 3)]
    ann = (await albums.artists(GroupQuery(sort="name", query="ann"))).items[0]
    by_ann = await albums.albums(GroupQuery(sort="title", artist=ann.id))
    assert [album.title for album in by_ann.items] == ["Hits", "One"]
    for sort in ALBUM_SORTS:
        for descending in (False, True):
            pages = [
                await albums.albums(GroupQuery(sort=sort, descending=descending, offset=offset, limit=2))
                for offset in (0, 2, 4)
            ]
            assert sorted(album.title for page in pages for album in page.items) == ["Hits", "Mixed", "One", "loose"]
    for sort in ARTIST_SORTS:
        assert len((await albums.artists(GroupQuery(sort=sort))).items) == 3
