"""Atomic replacement: what is at the name, and at names like the partial file's, is never damaged."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auralis_fp.files.atomic import open_folder, remove_partial, replacing
from auralis_fp.files.regular import NotRegularFileError

NAME = b"song.flac.25d"


def replace(folder: Path, content: bytes = b"new", name: bytes = NAME) -> None:
    """Replace a file in a folder."""
    with open_folder(bytes(folder)) as opened:
        assert opened is not None
        with replacing(opened, name) as file:
            file.write(content)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """The new content is there under the name, and nothing else remains."""
    replace(tmp_path)
    replace(tmp_path, b"newer")
    assert os.listdir(tmp_path) == [NAME.decode()]
    assert (tmp_path / NAME.decode()).read_bytes() == b"newer"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """An exception in the context removes the partial file."""

    def fail() -> None:
        with open_folder(bytes(tmp_path)) as opened:
            assert opened is not None
            with replacing(opened, NAME) as file:
                file.write(b"half")
                raise ValueError("half way")

    replace(tmp_path, b"old")
    with pytest.raises(ValueError, match="half way"):
        fail()
    assert os.listdir(tmp_path) == [NAME.decode()]
    assert (tmp_path / NAME.decode()).read_bytes() == b"old"


OBSTACLES: dict[str, Callable[[Path, Path], None]] = {
    "link": lambda place, victim: place.symlink_to(victim),
    "dangling link": lambda place, _: place.symlink_to(place.parent / "nowhere"),
    "pipe": lambda place, _: os.mkfifo(place),
    "folder": lambda place, _: place.mkdir(),
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES.keys())
def test_only_regular_files_are_replaced(tmp_path: Path, obstacle: Callable[[Path, Path], None]) -> None:
    """Anything else at the name is refused and stays as it is, and the call returns."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    place = tmp_path / NAME.decode()
    obstacle(place, victim)
    before = os.lstat(place)
    with pytest.raises(NotRegularFileError):
        replace(tmp_path)
    assert os.path.samestat(os.lstat(place), before)
    assert victim.read_bytes() == b"precious"
    assert sorted(os.listdir(tmp_path)) == sorted([NAME.decode(), "victim"])


def test_a_hard_link_at_the_name_keeps_its_other_names(tmp_path: Path) -> None:
    """The name is replaced; the content under the other name is not written to."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.link(victim, tmp_path / NAME.decode())
    replace(tmp_path)
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("suffix", ["{pid}", "0000000000000000", ""])
def test_links_at_names_like_the_partial_file(tmp_path: Path, suffix: str) -> None:
    """The partial file has a random name and is created exclusively, so nothing that exists is opened."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    partial = tmp_path / f".{NAME.decode()}.partial-{suffix.format(pid=os.getpid())}"
    os.link(victim, partial)
    replace(tmp_path)
    remove_partial(bytes(tmp_path), frozenset({NAME}))
    assert victim.read_bytes() == b"precious"
    assert partial.read_bytes() == b"precious"


def test_pipes_at_names_like_the_partial_file(tmp_path: Path) -> None:
    """They block neither a write nor the removal of partial files, which leaves them alone."""
    pipe = tmp_path / f".{NAME.decode()}.partial-{os.getpid()}"
    os.mkfifo(pipe)
    replace(tmp_path)
    remove_partial(bytes(tmp_path), frozenset({NAME}))
    assert pipe.is_fifo()


def test_partial_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    """Those of this and of earlier versions, for the given names only."""
    program = (
        "import os, sys\nfrom auralis_fp.files.atomic import open_folder, replacing\n"
        "with open_folder(os.fsencode(sys.argv[1])) as folder, replacing(folder, b'song.flac.25d') as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    (tmp_path / ".song.flac.25d.partial-4711").write_bytes(b"earlier version")
    (tmp_path / ".other.flac.25d.partial-4711").write_bytes(b"of another file")
    (tmp_path / ".song.flac.25d.partial-notes").write_bytes(b"of the user")
    assert len(os.listdir(tmp_path)) == 4
    remove_partial(bytes(tmp_path), frozenset({NAME}))
    assert sorted(os.listdir(tmp_path)) == [".other.flac.25d.partial-4711", ".song.flac.25d.partial-notes"]


def test_a_folder_outside_the_bounds_is_not_opened(tmp_path: Path) -> None:
    """A link cannot lead a write out of the library."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    with open_folder(bytes(inside / "link"), (bytes(inside),)) as opened:
        assert opened is None
