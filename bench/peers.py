"""Make bliss-audio run on this machine: its wheel may need instructions that the processor lacks."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from .signals import track

BLISS: Final = "bliss-audio"
_BASELINE: Final = {"RUSTFLAGS": "-C target-cpu=x86-64"}
_BUILD_SEC: Final = 1800


def main() -> int:
    """Build bliss-audio from its source where the wheel does not run. Return 0 also where that is impossible."""
    reason = failure(BLISS)
    if not reason:
        return 0
    print(f"{BLISS} does not run here: {reason}")
    if shutil.which("cargo") is None:
        print("cargo was not found; the measurements leave it out.")
        return 0
    print("It is built from its source, for any x86-64 processor; this takes several minutes.")
    try:
        built = subprocess.run(_command(), env={**os.environ, **_BASELINE}, timeout=_BUILD_SEC, check=False).returncode
    except subprocess.TimeoutExpired:
        built = 1
    reason = "the build failed" if built else failure(BLISS)
    if reason:
        print(f"{BLISS} is left out of the measurements: {reason}")
    return 0


def failure(name: str) -> str:
    """Return why a program cannot analyse a short file on this machine; empty if it can."""
    with tempfile.TemporaryDirectory() as folder:
        path = track(Path(folder) / "short.wav", 10)
        done = subprocess.run(
            [sys.executable, "-m", "bench.peer_runner", name],
            input=f'"{path}"\n',
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        return ending(done.returncode) or (done.stderr.strip().splitlines() or ["it ended"])[-1]
    return "" if done.stdout.startswith("[") else "it cannot analyse a short file"


def ending(code: int) -> str:
    """Return the name of the signal that ended a process with this exit code; empty if none did."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else ""


def _command() -> list[str]:
    pip = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps"]
    return [*pip, "--no-binary", BLISS, BLISS]


if __name__ == "__main__":
    sys.exit(main())
