"""Run the service as a subprocess and measure its memory."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

PEAK = "VmHWM:"


@asynccontextmanager
async def server(data: Path, workers: int, libraries: Sequence[Path] = ()) -> AsyncIterator[tuple[str, int]]:
    """Run ``auralis-fp serve``; yield the plugin's address and the process id.

    Without *libraries* it finds nothing to do by itself.
    """
    options = ["--port", "0", "--data-dir", str(data), "--workers", str(workers)]
    for folder in libraries:
        options += ["--library", str(folder)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "auralis_fp", "serve", *options, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        yield line.split()[2].rstrip("/") + "/fingerprint", process.pid
    finally:
        process.terminate()
        await process.wait()


def peak_mb(pid: int) -> float:
    """Return the peak resident memory of a process in MB; Linux only."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(PEAK)) / 1000


def pss_mb(pid: int) -> list[float]:
    """Return the proportional set size of a process and its descendants in MB."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return [process.memory_full_info().pss / 1e6 for process in family]
