"""The real service in a process of its own, over songs made on the spot, and what all tests of the page share."""

import os
import re
import socket
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Page

ROOT: Final = Path(__file__).resolve().parents[2]
START_LIMIT_SEC: Final = 30.0
RATE: Final = 22_050
SONGS: Final = 7 if sys.platform == "linux" else 6  # good files in the small library; one more is broken
SCAN_LIMIT_MS: Final = 60_000
NOTICED_MS: Final = 15_000
Visit = Callable[[str], Page]


def go(page: Page, view: str) -> None:
    """Go to a view by its link."""
    page.get_by_role("navigation").get_by_role("link", name=view).click()


def write_song(path: Path, seconds: float = 2.0) -> None:
    """Write quiet stereo noise, another one for every name: a file the analysis accepts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{abs(hash(path.name))}.part"
    with wave.open(str(part), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        rng = Random(os.fsencode(path.name))  # noqa: S311 - not a secret
        noise = rng.randbytes(int(seconds * RATE) * 4)
        file.writeframes(bytes(value % 16 if place % 2 else value for place, value in enumerate(noise)))
    part.replace(path)


@dataclass
class Running:
    """A running service: its address, its music folder, and what it printed."""

    url: str
    library: Path
    process: subprocess.Popen[str]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    library: Path, data: Path, *, port: int = 0, away: Path | None = None, **settings: str
) -> Iterator[Running]:
    """Run the launcher until the block ends; fail with its output if it does not come up.

    ``away`` is a second folder of music, which is not there; other settings are told by the environment.
    """
    command = [sys.executable, "launch-auralis-web.py", "--dev", "--no-browser", "--port", str(port), "--workers", "1"]
    command += ["--library", str(library), "--data-dir", str(data)]
    command += [] if away is None else ["--library", str(away)]
    told = {f"AURALIS_FP_{name.upper()}": value for name, value in settings.items()}
    with _running(command, library, told) as running:
        yield running


HOST: Final = """
import sys
from aiohttp import web
import auralis_fp
app = web.Application()
auralis_fp.setup(app, libraries=[sys.argv[1]], data_dir=sys.argv[2], workers=1, prefix=sys.argv[4])
address = f"status page: http://localhost:{sys.argv[3]}{sys.argv[4]}/"
web.run_app(app, host="localhost", port=int(sys.argv[3]), print=lambda _: print(address, flush=True))
"""


@contextmanager
def hosting_under(prefix: str, library: Path, data: Path) -> Iterator[Running]:
    """Run an application of somebody else that has the plugin below *prefix*, until the block ends."""
    port = free_port()
    with _running([sys.executable, "-c", HOST, str(library), str(data), str(port), prefix], library) as running:
        yield running


@contextmanager
def _running(command: list[str], library: Path, told: dict[str, str] | None = None) -> Iterator[Running]:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | (told or {}), **pipes) as process:
        watchdog = threading.Timer(START_LIMIT_SEC, process.kill)
        watchdog.start()
        try:
            running = Running(_address(process), library, process)
            watchdog.cancel()
            yield running
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
