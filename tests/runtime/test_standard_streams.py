"""Processes whose standard input, output and error are closed in part or altogether."""

import json
import sqlite3
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from commands import environment, song
from patience import LIMIT_SEC

SUBSETS = list(product((True, False), repeat=3))
_REDIRECTIONS = ("<&-", ">&-", "2>&-")

OPENED = """
import json, os, sys
from auralis_fp.runtime.standard_streams import open_standard_streams
before = [os.path.exists(f"/proc/self/fd/{number}") for number in range(3)]
open_standard_streams()
again = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600)
print("to whoever listens")
print("to whoever listens", file=sys.stderr)
state = [os.get_inheritable(number) for number in range(3)]
os.write(again, json.dumps([again > 2, state, sys.stdin is not None]).encode())
"""

# A host that has files of its own where the standard streams were.
HOST = """
import asyncio, os, sys
from pathlib import Path
from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool

folder, own = Path(sys.argv[1]), int(sys.argv[2])
for number in range(3):
    os.close(number)
for number in range(own):
    os.open(folder / f"own{number}", os.O_CREAT | os.O_RDWR, 0o600)

async def main():
    async with local_pool(Settings(workers=1)) as pool, pool.lease() as slot:
        return type(await slot.run(os.fsencode(folder / "a.wav"))).__name__

(folder / "outcome").write_text(asyncio.run(main()))
"""


def without_streams(closed: tuple[bool, ...], *command: str | Path) -> "subprocess.CompletedProcess[bytes]":
    """Run a command with some of its standard streams closed."""
    redirections = " ".join(text for text, chosen in zip(_REDIRECTIONS, closed, strict=True) if chosen)
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *map(str, command)],
        env=environment(), timeout=LIMIT_SEC, check=False, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", SUBSETS)
def test_closed_streams_are_opened(closed: tuple[bool, ...], tmp_path: Path) -> None:
    """No later file gets the number of a standard stream, child processes inherit all three, and printing works."""
    done = without_streams(closed, sys.executable, "-c", OPENED, tmp_path / "state")
    assert (done.returncode, json.loads((tmp_path / "state").read_text())) == (0, [True, [True] * 3, True])
    assert (done.stdout, done.stderr) == tuple(b"" if gone else b"to whoever listens\n" for gone in closed[1:])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", SUBSETS)
def test_a_scan_without_standard_streams(closed: tuple[bool, ...], tmp_path: Path) -> None:
    """The music is analysed, and nothing is written into the database."""
    song(tmp_path / "music" / "a.wav")
    command = ("-m", "auralis_fp", "scan", tmp_path / "music", "--data-dir", tmp_path / "data")
    done = without_streams(closed, sys.executable, *command)
    assert done.returncode == 0, done.stderr
    database = sqlite3.connect(tmp_path / "data" / "fingerprints.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM fingerprints").fetchone() == (1,)
    database.close()


@pytest.mark.skipif(sys.platform == "win32", reason="the numbers of descriptors differ")
@pytest.mark.parametrize("own", range(4))
def test_workers_of_a_host_with_files_in_place_of_its_streams(own: int, tmp_path: Path) -> None:
    """Workers start whichever of the three numbers are taken, and write nothing into the host's files."""
    song(tmp_path / "a.wav")
    subprocess.run([sys.executable, "-c", HOST, tmp_path, str(own)], env=environment(), timeout=LIMIT_SEC, check=True)
    assert (tmp_path / "outcome").read_text() == "Analysed"
    assert [(tmp_path / f"own{number}").read_bytes() for number in range(own)] == [b""] * own
