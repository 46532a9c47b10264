"""Whether another program is writing to a file."""

import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp.files.open_files import is_open_for_writing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
HOLDING = "import sys; held = open(sys.argv[1], sys.argv[2]); print('open', flush=True); sys.stdin.read()"


@pytest.mark.parametrize(("mode", "expected"), [("ab", True), ("r+b", True), ("rb", False)])
def test_another_process_with_the_file_open(tmp_path: Path, mode: str, expected: bool) -> None:
    """A writer is seen, a reader is not, and neither once it has ended."""
    song = tmp_path / "song.wav"
    song.touch()
    command = [sys.executable, "-c", HOLDING, str(song), mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_open_for_writing(bytes(song)) is expected
        holder.communicate()
    assert not is_open_for_writing(bytes(song))


def test_without_a_file_or_processes(tmp_path: Path) -> None:
    """A missing file is not open, and without /proc nothing is known to be."""
    assert not is_open_for_writing(bytes(tmp_path / "missing"))
    song = tmp_path / "song.wav"
    with song.open("wb"):
        assert is_open_for_writing(bytes(song))
        assert not is_open_for_writing(bytes(song), tmp_path / "missing")
