"""Servers started from the command line and stopped by Ctrl-C."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands import environment
from patience import LIMIT_SEC


@dataclass(slots=True)
class Running:
    """A running server: its address, its output, and its exit code."""

    url: str
    process: "subprocess.Popen[str]"
    said: str = ""
    complaints: str = ""

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send Ctrl-C or another signal, and return the exit code."""
        self.process.send_signal(number)
        said, self.complaints = self.process.communicate(timeout=LIMIT_SEC)
        self.said += said
        return self.process.returncode


@contextmanager
def running(*command: str | Path, folder: Path) -> Iterator[Running]:
    """Run a Python program until it prints its address, and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment() | {"HOME": str(folder), "AURALIS_FP_BUSY_PERCENT": "0"},
    )
    try:
        assert process.stdout is not None
        said = ""
        while (found := re.search(r"http://localhost:\d+", said)) is None:
            line = process.stdout.readline()
            assert line, f"it ended: {process.communicate(timeout=LIMIT_SEC)[1]}"
            said += line
        yield Running(found.group(), process, said)
    finally:
        process.kill()
        process.communicate()
