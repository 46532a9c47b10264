"""Small music files and command invocations."""

import contextlib
import os
import subprocess
import sys
import wave
from pathlib import Path

from patience import LIMIT_SEC


def song(path: Path, seconds: float = 4.0) -> Path:
    """Write silence as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes(bytes(2 * int(22_050 * seconds)))
    return path


def environment() -> dict[str, str]:
    """Return the environment for commands, with the package on the path."""
    return {**os.environ, "PYTHONPATH": str(Path.cwd()), "PYTHONIOENCODING": "utf-8"}


def auralis(*arguments: str | Path, text: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; *text* is its standard input."""
    command = [sys.executable, "-m", "auralis_fp", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, input=text, env=environment()
    )


def on_terminal(*arguments: str | Path) -> str:
    """Run a command with its standard output on a terminal; return the output."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "auralis_fp", *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment()) as running:
        os.close(theirs)
        output = bytearray()
        with contextlib.suppress(OSError):  # EIO: the terminal was closed
            while part := os.read(ours, 65536):
                output += part
        running.wait(100)
    os.close(ours)
    return output.decode("utf-8").replace("\r\n", "\n")
