"""Start a real service over generated songs; helpers shared by the browser tests."""

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
from playwright.sync_api import Page, expect

from patience import LIMIT_SEC

ROOT: Final = Path(__file__).resolve().parents[2]
START_LIMIT_SEC: Final = LIMIT_SEC
RATE: Final = 22_050
SONGS: Final = 7 if sys.platform == "linux" else 6  # valid files in the small library; one more is broken
SCAN_LIMIT_MS: Final = 1000 * LIMIT_SEC
NOTICED_MS: Final = 120_000
PARTS: Final = {"Failures": "Activity", "Tracks": "Library"}  # parts of views
Visit = Callable[[str], Page]
#: Songs of 20 s do not end while a test on a busy machine looks around.
SLOW_PLAYBACK: Final = """window.Audio = class extends Audio {
  constructor(...given) {
    super(...given);
    this.defaultPlaybackRate = this.playbackRate = 0.25;
  }
};"""


def go(page: Page, view: str) -> None:
    """Open a view with its navigation link, or a part of a view with its tab."""
    main = PARTS.get(view, view)
    page.locator("#navigation").get_by_role("link", name=main).click()
    if main != view:
        page.locator(".tabs").get_by_role("link", name=view).click()


def until(true: Callable[[], bool], page: Page) -> None:
    """Wait until *true* returns True."""
    for _ in range(NOTICED_MS // 100):
        if true():
            return
        page.wait_for_timeout(100)
    assert true()


def told(page: Page, text: str) -> None:
    """Wait until a message on the page has said a text, even if the message is gone by now."""
    expect(page.locator("html")).to_have_attribute("data-told", re.compile(re.escape(text)))


def write_song(path: Path, seconds: float = 2.0) -> None:
    """Write quiet stereo noise seeded by the file name."""
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
    """A running service with its URL, music folder and process."""

    url: str
    library: Path
    process: subprocess.Popen[str]


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    library: Path, data: Path, *, port: int = 0, away: Path | None = None, folder: Path = ROOT, **settings: str | None
) -> Iterator[Running]:
    """Run the launcher for the duration of the block; fail with its output if it does not start.

    ``away`` is a second, missing music folder, ``folder`` the working directory; other settings are passed in the
    environment; None leaves one out.
    """
    command = [
        sys.executable,
        str(ROOT / "launch-auralis-web.py"),
        "--dev",
        "--no-browser",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command += ["--library", str(library), "--data-dir", str(data)]
    command += [] if away is None else ["--library", str(away)]
    chosen = {"busy_percent": "0"} | settings  # other programs do not make the service wait
    environment = {f"AURALIS_FP_{name.upper()}": value for name, value in chosen.items() if value is not None}
    with _running(command, library, environment, folder) as running:
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
    """Run a host application with the plugin below *prefix* for the duration of the block."""
    port = free_port()
    with _running([sys.executable, "-c", HOST, str(library), str(data), str(port), prefix], library) as running:
        yield running


@contextmanager
def _running(
    command: list[str], library: Path, environment: dict[str, str] | None = None, folder: Path = ROOT
) -> Iterator[Running]:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=folder, env=os.environ | (environment or {}), **pipes) as process:
        watchdog = threading.Timer(START_LIMIT_SEC, process.kill)
        watchdog.start()
        try:
            running = Running(_address(process), library, process)
            watchdog.cancel()
            yield running
        finally:
            watchdog.cancel()
            process.terminate()
            process.communicate(timeout=LIMIT_SEC)


def _address(process: subprocess.Popen[str]) -> str:
    printed = []
    for line in process.stdout or ():
        printed.append(line)
        if found := re.search(r"status page: (http://localhost:\d+/\S+/)$", line.strip()):
            return found[1]
    pytest.fail(f"the service did not start:\n{''.join(printed)}")
