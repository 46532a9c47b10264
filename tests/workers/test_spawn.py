"""Workers do not run the host's main module."""

import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from patience import LIMIT_SEC

# What every host would do if it knew nothing of multiprocessing: no guard, and side effects at the top.
UNGUARDED = """
import asyncio, os, sys
from pathlib import Path

with Path(sys.argv[1]).open("a") as count:
    count.write("x")
import html.parser  # stands for the host's heavy imports

from auralis_fp.workers.local import local_pool
from auralis_fp.settings import Settings

async def main():
    async with local_pool(Settings(workers=2)) as pool, pool.lease() as first, pool.lease() as second:
        for slot in (first, second):
            print(type(await slot.run(os.fsencode(sys.argv[2]))).__name__)

asyncio.run(main())
"""

# A host with processes of its own, whose functions live in its main module.
WITH_OWN_PROCESSES = """
import asyncio, multiprocessing, os, sys, threading
from auralis_fp.workers.local import local_pool
from auralis_fp.settings import Settings

def square(number, queue):
    queue.put(number * number)

def own_processes(results):
    context = multiprocessing.get_context("spawn")
    for number in range(4):
        queue = context.SimpleQueue()
        process = context.Process(target=square, args=(number, queue))
        process.start()
        process.join()
        results.append(queue.get() if process.exitcode == 0 else None)

async def main():
    results = []
    thread = threading.Thread(target=own_processes, args=(results,))
    thread.start()
    while thread.is_alive():
        async with local_pool(Settings(workers=1)) as pool, pool.lease() as slot:
            await slot.run(os.fsencode(sys.argv[1]))
    print(results)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Return a WAV file of four seconds."""
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4 * 8000 * 2))
    return path


def run(*command: str | Path, folder: Path) -> str:
    """Run Python with the package importable, and return its output."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), str(folder)])}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SEC,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("way", ["script", "module", "hyphenated"])
def test_the_hosts_main_module_runs_once(tmp_path: Path, song: Path, way: str) -> None:
    """However it was started, with or without a guard."""
    name = "launch-host.py" if way == "hyphenated" else "hostmain.py"
    (tmp_path / name).write_text(UNGUARDED, encoding="ascii")
    start: list[str | Path] = ["-m", "hostmain"] if way == "module" else [tmp_path / name]
    count = tmp_path / "count"
    assert run(*start, count, song, folder=tmp_path).split() == ["Analysed", "Analysed"]
    assert count.read_text(encoding="ascii") == "x"


def test_processes_of_the_host_are_not_affected(tmp_path: Path, song: Path) -> None:
    """A process that another thread of the host spawns meanwhile finds its main module."""
    script = tmp_path / "host.py"
    script.write_text(WITH_OWN_PROCESSES, encoding="ascii")
    assert run(script, song, folder=tmp_path).strip() == "[0, 1, 4, 9]"
