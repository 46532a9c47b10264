"""Which tracks are one album, and which are by one artist."""

from itertools import permutations

import pytest

from auralis_fp.tags.grouping import VARIOUS_ARTISTS, album_artist, album_title_key, group_of, is_disc_folder
from auralis_fp.tags.model import Tags

RELEASE = "21111111-2222-4333-8444-555555555555"


def same_album(*tracks: tuple[Tags, bytes]) -> bool:
    """Return True if all tracks get the same album id."""
    return len({group_of(tags, path).album_id for tags, path in tracks}) == 1


def test_same_album_artist_and_title_anywhere() -> None:
    """An album with an album artist may be spread over folders, and spelt with and without accents."""
    assert same_album(
        (Tags(album="Ágætis byrjun", album_artist="Sigur Rós", artist="a"), b"/m/1/x.flac"),
        (Tags(album="agaetis byrjun", album_artist="SIGUR ROS", artist="b"), b"/m/2/y.flac"),
    )


def test_same_title_by_others_is_another_album() -> None:
    """Two albums called "Greatest Hits" stay apart."""
    assert not same_album(
        (Tags(album="Greatest Hits", album_artist="Queen"), b"/m/x.flac"),
        (Tags(album="Greatest Hits", album_artist="ABBA"), b"/m/y.flac"),
    )


def test_without_album_artist_the_folder_decides() -> None:
    """Tracks by several artists in one folder are one album; the same title elsewhere is not."""
    first, second = Tags(album="Sampler", artist="Ann"), Tags(album="Sampler", artist="Bob")
    assert same_album((first, b"/m/a/1.mp3"), (second, b"/m/a/2.mp3"))
    assert not same_album((first, b"/m/a/1.mp3"), (second, b"/m/b/2.mp3"))


def test_discs_are_one_album() -> None:
    """Folders and titles that number the discs do not part a set."""
    assert same_album(
        (Tags(album="The Wall (Disc 1)", artist="Pink Floyd"), b"/m/wall/CD1/1.mp3"),
        (Tags(album="The Wall [CD 2]", artist="Pink Floyd"), b"/m/wall/Disc 2 - live/1.mp3"),
        (Tags(album="The Wall", artist="Pink Floyd"), b"/m/wall/3.mp3"),
    )


def test_compilations_belong_to_various_artists() -> None:
    """The flag and the usual names of the artist lead to one album artist."""
    tracks = [
        Tags(album="Hits", compilation=True, album_artist="A Label", artist="Ann"),
        Tags(album="Hits", album_artist="Various Artists", artist="Bob"),
        Tags(album="Hits", album_artist="VA"),
    ]
    assert {album_artist(tags) for tags in tracks} == {VARIOUS_ARTISTS}
    assert same_album(*((tags, b"/m/%d/x.mp3" % number) for number, tags in enumerate(tracks)))


def test_release_id_outranks_text() -> None:
    """The same MusicBrainz release is one album whatever its tags say, and another release another."""
    tagged = Tags(album="One", album_artist="Ann", musicbrainz_release_id=RELEASE)
    assert same_album((tagged, b"/a/x"), (Tags(album="Eins", musicbrainz_release_id=RELEASE), b"/b/y"))
    assert not same_album((tagged, b"/a/x"), (Tags(album="One", album_artist="Ann"), b"/a/y"))


def test_untagged_tracks_are_grouped_by_folder() -> None:
    """Without an album tag the folder is the album, and says so."""
    group = group_of(Tags(title="x"), b"/m/a/1.mp3")
    assert (group.kind, group.artist_id) == ("folder", None)
    assert same_album((Tags(), b"/m/a/1.mp3"), (Tags(title="y"), b"/m/a/CD 2/1.mp3"))
    assert not same_album((Tags(), b"/m/a/1.mp3"), (Tags(), b"/m/b/1.mp3"))


def test_order_does_not_matter() -> None:
    """A track's group depends on the track alone."""
    tracks = [(Tags(album="X", artist=name), b"/m/" + name.encode()) for name in "abc"]
    groups = [{path: group_of(tags, path) for tags, path in order} for order in permutations(tracks)]
    assert all(one == groups[0] for one in groups)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"CD1", True),
        (b"cd 02", True),
        (b"Disc 1 - Live", True),
        (b"Disk_3", True),
        (b"CDs", False),
        (b"Discovery", False),
    ],
)
def test_disc_folders(name: bytes, expected: bool) -> None:
    """Numbered discs are told from words that begin alike."""
    assert is_disc_folder(b"/m/album/" + name) is expected


def test_album_titles_keep_what_is_no_disc() -> None:
    """Only a disc number at the end is left out."""
    assert album_title_key("Disc 1") == "disc 1"
    assert album_title_key("Volume 2") == "volume 2"
    assert album_title_key("Live (CD 1: Berlin)") == "live"
