"""The real service in a process of its own, over songs made on the spot."""

import os
import re
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
START_LIMIT_SEC: Final = 30.0
RATE: Final = 22_050


def write_song(path: Path, seconds: float = 2.0) -> None:
    """Write quiet stereo noise, another one for every name: a file the analysis accepts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{abs(hash(path.name))}.part"
    with wave.open(str(part), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        dice = Random(os.fsencode(path.name))  # noqa: S311 - not a secret
        noise = dice.randbytes(int(seconds * RATE) * 4)
        file.writeframes(bytes(value % 16 if place % 2 else value for place, value in enumerate(noise)))
    part.replace(path)


@dataclass
class Running:
    """A running service: its address, its music folder, and what it printed."""

    url: str
    library: Path
    process: subprocess.Popen[str]


@contextmanager
def serving(library: Path, data: Path) -> Iterator[Running]:
    """Run the launcher until the block ends; fail with its output if it does not come up."""
    command = [sys.executable, "launch-auralis-web.py", "--dev", "--no-browser", "--port", "0", "--workers", "1"]
    command += ["--library", str(library), "--data-dir", str(data)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        watchdog = threading.Timer(START_LIMIT_SEC, process.kill)
        watchdog.start()
        try:
            yield Running(_address(process), library, process)
        finally:
            watchdog.cancel()
            process.terminate()
            process.communicate(timeout=15)


def _address(process: subprocess.Popen[str]) -> str:
    printed = []
    for line in process.stdout or ():
        printed.append(line)
        if found := re.search(r"status page: (http://localhost:\d+/\S+/)$", line.strip()):
            return found[1]
    pytest.fail(f"the service did not start:\n{''.join(printed)}")
