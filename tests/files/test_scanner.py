"""Walking through folders of music."""

import os
import time
from pathlib import Path

import pytest

from auralis_fp.files.formats import EXTENSIONS
from auralis_fp.files.rules import Rules
from auralis_fp.files.scanner import stat_audio, walk
from auralis_fp.models import FileStamp


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def make(folder: Path, *names: str) -> None:
    """Make files below a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"1234")


def found(root: Path, *ignore: str, also: tuple[Path, ...] = ()) -> list[str]:
    """Return the paths a walk finds, relative to the root."""
    rules = Rules([os.fsencode(folder) for folder in (root, *also)], ignore)
    events = list(walk(os.fsencode(root), os.fsencode(root), rules))
    assert all(event.stamp is not None for event in events)
    return sorted(os.path.relpath(os.fsdecode(event.path), root) for event in events)


def test_music_is_found_by_its_suffix(music: Path) -> None:
    """In any case and in every folder; anything else is skipped."""
    names = [f"song{suffix}" for suffix in EXTENSIONS]
    make(music, *names, "a/b/c/LOUD.FLAC", "cover.jpg", "notes", "song.mp3.25d", "song.flac.part", "wav")
    assert found(music) == sorted([*names, "a/b/c/LOUD.FLAC"])


def test_the_stamp_is_that_of_the_file(music: Path) -> None:
    """Size and modification time as the file system reports them."""
    make(music, "song.mp3")
    (event,) = walk(os.fsencode(music), os.fsencode(music), Rules([os.fsencode(music)]))
    assert event.stamp == FileStamp.of((music / "song.mp3").stat())


def test_hidden_entries_are_skipped(music: Path) -> None:
    """Files and folders whose names begin with a dot."""
    make(music, ".hidden.mp3", ".trash/song.mp3", "a/.git/song.mp3", "a/song.mp3")
    assert found(music) == ["a/song.mp3"]


def test_ignore_patterns_match_names_and_paths(music: Path) -> None:
    """A pattern without a slash matches names at any depth, one with a slash paths below the library."""
    make(music, "a/Audiobooks/1.mp3", "Audiobooks/2.mp3", "a/live (1).mp3", "a/3.mp3", "b/c/4.mp3", "b/5.mp3")
    assert found(music, "Audiobooks", "live*", "b/c") == ["a/3.mp3", "b/5.mp3"]
    assert found(music, "/b/") == ["Audiobooks/2.mp3", "a/3.mp3", "a/Audiobooks/1.mp3", "a/live (1).mp3"]


def test_links_do_not_lead_outside_or_in_circles(music: Path, tmp_path: Path) -> None:
    """Loops end, nothing outside the libraries is reached, and each file is found once."""
    make(music, "a/song.mp3")
    make(tmp_path, "outside/secret.mp3")
    (music / "a" / "loop").symlink_to(music)
    (music / "again").symlink_to(music / "a")
    (music / "out").symlink_to(tmp_path / "outside")
    (music / "out.mp3").symlink_to(tmp_path / "outside" / "secret.mp3")
    (music / "broken.mp3").symlink_to(music / "nowhere.mp3")
    assert found(music) == ["a/song.mp3"]


def test_links_to_files_in_the_libraries_are_music(music: Path, tmp_path: Path) -> None:
    """Also links into another library, such as a playlist folder."""
    make(music, "a/song.mp3")
    make(tmp_path, "other/song.mp3")
    (music / "b.mp3").symlink_to(music / "a" / "song.mp3")
    (music / "c.mp3").symlink_to(tmp_path / "other" / "song.mp3")
    assert found(music) == ["a/song.mp3", "b.mp3"]
    assert found(music, also=(tmp_path / "other",)) == ["a/song.mp3", "b.mp3", "c.mp3"]


def test_a_library_may_be_a_link_itself(music: Path, tmp_path: Path) -> None:
    """Paths are spelled through the link."""
    make(music, "a/song.mp3")
    (tmp_path / "link").symlink_to(music)
    assert found(tmp_path / "link") == ["a/song.mp3"]


def test_folders_and_pipes_are_not_music(music: Path) -> None:
    """Whatever their names."""
    (music / "folder.mp3").mkdir()
    os.mkfifo(music / "pipe.wav")
    make(music, "folder.mp3/song.mp3")
    assert found(music) == ["folder.mp3/song.mp3"]
    rules = Rules([os.fsencode(music)])
    assert stat_audio(os.fsencode(music / "pipe.wav"), rules) is None
    assert stat_audio(os.fsencode(music / "folder.mp3"), rules) is None
    assert stat_audio(os.fsencode(music / "missing.mp3"), rules) is None


def test_names_may_be_any_bytes(music: Path) -> None:
    """Also bytes that are not UTF-8."""
    path = os.path.join(os.fsencode(music), b"\xe9\xff\n.mp3")  # noqa: PTH118 - bytes
    with open(path, "wb"):  # noqa: PTH123 - bytes
        pass
    (event,) = walk(os.fsencode(music), os.fsencode(music), Rules([os.fsencode(music)]))
    assert event.path == path


def test_a_missing_folder_is_an_error(music: Path) -> None:
    """Otherwise everything in it would count as gone. A folder that vanishes during the walk is skipped."""
    rules = Rules([os.fsencode(music)])
    with pytest.raises(OSError, match="nowhere"):
        list(walk(os.fsencode(music / "nowhere"), os.fsencode(music), rules))
    make(music, "a/1.mp3", "b/2.mp3", "3.mp3")
    walking = walk(os.fsencode(music), os.fsencode(music), rules)
    first = next(walking)
    for name in ("a", "b"):
        (music / name).rename(music / f".{name}")
    assert [event.path for event in (first, *walking)] == [os.fsencode(music / "3.mp3")]


def test_a_path_is_judged_by_all_its_components(music: Path) -> None:
    """As by a walk, which does not enter hidden or ignored folders."""
    rules = Rules([os.fsencode(music)], ["Audiobooks", "b/c"])

    def admitted(name: str) -> bool:
        return rules.admits_path(os.fsencode(music / name), os.fsencode(music))

    assert admitted("a/song.mp3")
    assert not admitted(".hidden/song.mp3")
    assert not admitted("a/Audiobooks/b/song.mp3")
    assert not admitted("b/c/song.mp3")


def test_a_path_through_a_linked_folder_is_detected(music: Path, tmp_path: Path) -> None:
    """Events may arrive by paths that a walk does not take."""
    make(music, "a/song.mp3")
    (music / "again").symlink_to(music / "a")
    (tmp_path / "link").symlink_to(music)
    rules = Rules([os.fsencode(music)])
    root = os.fsencode(music)
    assert rules.reached_by_walk(os.fsencode(music / "a" / "song.mp3"), root)
    assert rules.reached_by_walk(os.fsencode(music / "song.mp3"), root)
    assert not rules.reached_by_walk(os.fsencode(music / "again" / "song.mp3"), root)
    link = tmp_path / "link"
    assert rules.reached_by_walk(os.fsencode(link / "a" / "song.mp3"), os.fsencode(link))


def test_a_walk_is_fast(music: Path) -> None:
    """Ten thousand files take under three seconds of processor time."""
    for number in range(100):
        folder = music / str(number)
        folder.mkdir()
        for song in range(100):
            (folder / f"{song}.mp3").touch()
    started = time.process_time()
    assert len(found(music)) == 10_000
    assert time.process_time() - started < 3


def test_a_folder_may_be_called_like_a_sidecar(music: Path) -> None:
    """Only files with such names are sidecars."""
    make(music, "live.25d/song.mp3", "song.mp3.25d/inner.mp3", "other.mp3.25d")
    assert found(music) == ["live.25d/song.mp3", "song.mp3.25d/inner.mp3"]
