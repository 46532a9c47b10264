"""A playlist of real files, written by the command and read by other programs."""

import shutil
import subprocess
from pathlib import Path

import av
import pytest

from commands import auralis
from hosting import tone_file

NAMES = ("plain.wav", "#1 hit.wav", "Ägypten; 100 %.wav", " space.wav", "-dash.wav", "one/two.wav", "三.wav")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder with files of odd names that have been scanned."""
    folder = tmp_path / "music"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tone_file(folder / name, 1.0, hz=200.0 * 1.3**number)
    done = auralis("scan", "--data-dir", tmp_path / "data", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("relative", [False, True])
def test_every_entry_opens(library: Path, relative: bool) -> None:
    """Each line that is no comment names a file that libavformat, and ffprobe where it is installed, can open."""
    seed = library / NAMES[0]
    options: tuple[str | Path, ...] = ("--relative-to", library) if relative else ()
    done = auralis("playlist", "--data-dir", library.parent / "data", *options, seed)
    assert done.returncode == 0, done.stderr
    list_file = library / "list.m3u8"
    list_file.write_text(done.stdout, encoding="utf-8")
    entries = [line for line in list_file.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
    assert len(entries) == len(NAMES) - 1
    for entry in entries:
        place = str(library / entry)  # an absolute entry stays as it is
        with av.open(place) as container:
            assert container.streams.audio
        if (ffprobe := shutil.which("ffprobe")) is not None:
            probe = subprocess.run([ffprobe, "-v", "error", "-i", place], capture_output=True, text=True, check=False)
            assert (probe.returncode, probe.stderr) == (0, "")
