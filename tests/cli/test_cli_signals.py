"""Signals stop commands at any moment, with a message and the exit code that shells expect."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from commands import auralis, environment, song
from patience import LIMIT_SEC

MODULE = ("-m", "auralis_fp")
LAUNCHER = Path(__file__).parents[2] / "launch-auralis-web.py"
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
RESULTS = 4000
SOON_SEC = 60  # on a busy machine; a command that does not react takes longer than that in all


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with music, a database, and a large export."""
    folder = tmp_path_factory.mktemp("ending")
    for number in range(30):
        song(folder / "music" / f"{number}.wav", seconds=20)
    song(folder / "one" / "song.wav")
    known = ("--data-dir", folder / "known")
    assert auralis("scan", folder / "one", *known, "--sidecars", "off").returncode == 0
    result = json.loads(auralis("export", *known).stdout)
    lines = [json.dumps(result | {"path": f"/music/{number}.wav"}) for number in range(RESULTS)]
    (folder / "many.jsonl").write_text("\n".join(lines), encoding="ascii")
    assert auralis("import", folder / "many.jsonl", *known).returncode == 0
    return folder


def command(name: str, place: Path, data: Path) -> list[str | Path]:
    """Return a command that runs for a while."""
    music, kept = place / "music", ("--data-dir", data, "--sidecars", "off")
    commands: dict[str, list[str | Path]] = {
        "analyze": [*MODULE, "analyze", *sorted(music.iterdir())],
        "scan": [*MODULE, "scan", music, *kept],
        "serve": [*MODULE, "serve", "--port", "0", "--library", music, *kept],
        "launcher": [LAUNCHER, "--no-browser", "--port", "0", "--library", music, *kept],
        "export": [*MODULE, "export", "--data-dir", place / "known", data / "out.jsonl"],
        "import": [*MODULE, "import", "--data-dir", data, place / "many.jsonl"],
    }
    return [sys.executable, *commands[name]]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Return a data folder; assert that no process that uses it remains."""
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    give_up = time.monotonic() + LIMIT_SEC
    while left := [one.info for one in psutil.process_iter(["cmdline"]) if str(folder) in str(one.info["cmdline"])]:
        assert time.monotonic() < give_up, left
        time.sleep(0.05)


def end(started: "subprocess.Popen[bytes]", number: signal.Signals, times: int) -> tuple[int, str, float]:
    """Send a signal; return the exit code, the output and the time until exit."""
    began = time.monotonic()
    for _ in range(times):
        started.send_signal(number)
        time.sleep(0.05 if times > 1 else 0)
    _, said = started.communicate(timeout=LIMIT_SEC)
    return started.returncode, said.decode(), time.monotonic() - began


def ended_well(name: str, number: signal.Signals, code: int, said: str) -> bool:
    """Return True if a command ended correctly: by itself, by the signal, or before Python had started."""
    how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    if code == 128 + number:  # an export may have written its file before
        return re.fullmatch(rf"(\d+ results written to \S+\n)?\S+: {how}\n", said) is not None
    if code == -number or "runpy" in said.partition("\n")[0]:
        return "/cli/main.py" not in said
    if name in {"serve", "launcher"}:
        return (code, said) == (0, "\nStopping ...\n")
    return code == 0 and "Traceback" not in said


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("name", ["analyze", "scan", "serve", "launcher", "export", "import"])
def test_a_command_stops_on_a_signal(name: str, times: int, place: Path, data: Path) -> None:
    """Signals at any moment, once or twice, stop the command soon, without a traceback or partial files."""
    rng = random.Random(f"{name} {times}")  # noqa: S311 - not cryptographic
    for moment in (0.15, 0.3, 0.5, 0.8, 1.2):
        number = rng.choice(NUMBERS)
        with subprocess.Popen(
            command(name, place, data), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()
        ) as started:
            time.sleep(moment)
            if psutil.Process(started.pid).status() == psutil.STATUS_ZOMBIE:  # it had already ended
                assert started.wait() == 0
                continue
            code, said, took = end(started, number, times)
        assert ended_well(name, number, code, said), (number, moment, code, said)
        assert took < SOON_SEC, (number, moment)
        assert [file for file in os.listdir(data) if "partial" in file] == []
    assert auralis("import", place / "many.jsonl", "--data-dir", data).returncode == 0, "the database is whole"


@pytest.mark.parametrize("number", NUMBERS)
def test_an_import_that_waits_for_its_input(number: signal.Signals, data: Path) -> None:
    """A command that reads a terminal stops without further input."""
    waiting = [sys.executable, *MODULE, "import", "--data-dir", str(data)]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as started:
        give_up = time.monotonic() + LIMIT_SEC
        while not (data / "lock").exists():
            assert time.monotonic() < give_up
            time.sleep(0.02)
        code, said, took = end(started, number, 1)
    assert ended_well("import", number, code, said), said
    assert code == 128 + number
    assert took < SOON_SEC


def test_ignored_signals(place: Path, data: Path) -> None:
    """An ignored signal stays ignored, as with `nohup`."""
    with subprocess.Popen(
        ["nohup", *command("scan", place, data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as started:
        give_up = time.monotonic() + LIMIT_SEC
        while not (data / "lock").exists():
            assert time.monotonic() < give_up
            time.sleep(0.02)
        started.send_signal(signal.SIGHUP)
        said, _ = started.communicate(timeout=LIMIT_SEC)
    assert (started.returncode, said.decode().startswith("30 done")) == (0, True), said
