"""Workers of a host that is frozen into one executable."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands import environment, song
from patience import LIMIT_SEC

# What a frozen executable does: it knows no -c, and runs the host unless multiprocessing started it.
HOST = """
import asyncio, os, sys
from multiprocessing import spawn
from pathlib import Path

folder = Path(os.environ["TEMP"])
sys.frozen, sys.executable = True, str(folder / "executable")
spawn.set_executable(sys.executable)
spawn.freeze_support()
with (folder / "starts").open("a") as starts:
    starts.write("x")

from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool

async def main():
    async with local_pool(Settings(workers=2)) as pool, pool.lease() as first, pool.lease() as second:
        for slot in (first, second):
            print(type(await slot.run(os.fsencode(folder / "a.wav"))).__name__)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the executable is a shell script")
def test_workers_of_a_frozen_host(tmp_path: Path) -> None:
    """The executable runs the workers, and the host only once."""
    song(tmp_path / "a.wav")
    (tmp_path / "host.py").write_text(HOST)
    executable, package = tmp_path / "executable", environment()["PYTHONPATH"]
    executable.write_text(f'#!/bin/sh\nPYTHONPATH="{package}" exec "{sys.executable}" "{tmp_path}/host.py" "$@"\n')
    executable.chmod(0o700)
    done = subprocess.run(
        [str(executable)],
        env={**environment(), "TEMP": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LIMIT_SEC,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["Analysed", "Analysed"], "")
    assert (tmp_path / "starts").read_text() == "x"
