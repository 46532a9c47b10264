"""Scan thousands of damaged files of every format with a real service."""

import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import psutil

from auralis_fp import schema
from hostile_files import mutations
from service_process import ServiceUnderTest

from .music import table
from .options import Options

COUNT: Final = 5000
PAGE: Final = 500


def report(options: Options) -> str:
    """Return a table of outcomes and of the state of the service."""
    count = 500 if options.quick else COUNT
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        library, data = Path(folder) / "music", Path(folder) / "data"
        library.mkdir()
        for name, content in mutations(count, options.seed):
            (library / name).write_bytes(content)
        service = ServiceUnderTest([library], data, {"watching": "off", "busy_percent": 0, "sidecars": "off"})
        service.start()
        try:
            began = time.monotonic()
            pids = _pids_until_idle(service)
            seconds = time.monotonic() - began
            codes, impossible = _outcomes(service)
            assert service.process is not None
            memory = psutil.Process(service.process.pid).memory_full_info().uss / 1e6
            workers = len(service.workers())
        finally:
            service.end(signal.SIGTERM)
    figures = [
        ("results with a value missing, not finite or out of range", impossible),
        ("worker processes replaced (after 1,000 files each, or lost)", len(pids) - workers),
        ("memory of the service afterwards, MB", memory),
        ("seconds", seconds),
    ]
    rows = sorted(codes.items(), key=lambda row: -row[1])
    return (
        f"## {count} mutations\n\n" + table(("outcome", "files"), rows) + "\n" + table(("quantity", "value"), figures)
    )


def _pids_until_idle(service: ServiceUnderTest) -> set[int]:
    """Return the ids of all worker processes until the service is idle."""
    pids: set[int] = set()
    while (status := service.get("/status"))["state"] != "idle":
        pids |= {worker["pid"] for worker in status["workers"]} - {None}
        time.sleep(0.05)
    return pids


def _outcomes(service: ServiceUnderTest) -> tuple[Counter[str], int]:
    codes: Counter[str] = Counter()
    impossible, after = 0, ""
    while after is not None:
        page = service.get(f"/files?limit={PAGE}&after={after}")
        for item in page["items"]:
            failure = item["failure"]
            codes["25 numbers" if failure is None else f"{failure['stage']}: {failure['code']}"] += 1
            if failure is None:
                impossible += schema.fault_of(item["fingerprint"]) is not None
            elif failure["stage"] in {"internal", "worker"}:
                print(os.path.basename(item["path"]), failure)  # noqa: PTH119 - the name allows to reproduce the file
        after = page["next"]
    return codes, impossible
