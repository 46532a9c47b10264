"""Make bliss-audio run here: built from its source, because its wheel may need instructions that are missing."""

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
BUILT: Final = Path(sys.prefix) / "bliss" / "release" / "bliss-peer"
"""The program of `bliss_peer`, once it is built."""
_SOURCE: Final = Path(__file__).with_name("bliss_peer")
_LIBRARIES: Final = ("libavutil", "libavformat", "libavfilter", "libavdevice")
_BUILD_SEC: Final = 1800


def main() -> int:
    """Build bliss-audio from its source, and test its wheel. Return 0 also where neither works."""
    reason = failure([sys.executable, "-m", "bench.peer_runner", BLISS])
    if reason:
        print(f"The wheel of {BLISS} is left out of the measurements: {reason}")
    if shutil.which("cargo") is None:
        print(f"cargo was not found; the measurements leave out {BLISS} built from its source.")
        return 0
    print(f"{BLISS} is built from its source, for any processor; this takes several minutes.")
    for decoder in _decoders():
        reason = "" if _build(decoder) else "the build failed"
        reason = reason or failure([str(BUILT)])
        if not reason:
            print(f"{BLISS} built from its source decodes with {decoder}.")
            return 0
        print(f"{BLISS} built from its source with {decoder} is left out of the measurements: {reason}")
    return 0


def failure(command: list[str]) -> str:
    """Return why a program that answers like `peer_runner` cannot analyse a short file here; empty if it can."""
    with tempfile.TemporaryDirectory() as folder:
        path = track(Path(folder) / "short.wav", 10)
        done = subprocess.run(command, input=f'"{path}"\n', capture_output=True, text=True, check=False)
    if done.returncode:
        return ending(done.returncode) or (done.stderr.strip().splitlines() or ["it ended"])[-1]
    return "" if done.stdout.startswith("[") else "it cannot analyse a short file"


def ending(code: int) -> str:
    """Return the name of the signal that ended a process with this exit code; empty if none did."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else ""


def _decoders() -> tuple[str, ...]:
    """Return the decoders to build with: its default, FFmpeg, where its libraries are installed, else Symphonia."""
    if (
        shutil.which("pkg-config") is None
        or subprocess.run(["pkg-config", "--exists", *_LIBRARIES], check=False).returncode
    ):
        return ("symphonia",)
    return ("ffmpeg", "symphonia")


def _build(decoder: str) -> bool:
    """Build the program with the flags that bliss-audio itself sets; return True if that worked."""
    command = ["cargo", "build", "--release", "--locked", "--features", decoder]
    environment = {**os.environ, "RUSTFLAGS": "", "CARGO_TARGET_DIR": str(BUILT.parent.parent)}
    try:
        return not subprocess.run(command, cwd=_SOURCE, env=environment, timeout=_BUILD_SEC, check=False).returncode
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    sys.exit(main())
