"""Schedulers and machines of a cluster, as processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

CLI: Final = [sys.executable, "-m", "auralis_fp"]
START_SEC: Final = 60.0


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a session of its own, and end it and all its children."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]", sig: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a process and all its children, and wait until it has ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sig)
    process.wait(30)


def scheduler_command(port: int) -> list[str]:
    """Return the command of a scheduler without dashboard."""
    program = "from distributed.cli.dask_scheduler import main; main()"
    return [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"]


def machine_command(port: int, mount: Path, name: str, *, slots: int = 1, mount_name: str = "music") -> list[str]:
    """Return the command of a machine."""
    options = ["--mount", f"{mount_name}={mount}", "--slots", str(slots), "--name", name]
    return [*CLI, "worker", f"tcp://127.0.0.1:{port}", *options]
