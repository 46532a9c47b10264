"""Two machines of a cluster under random faults for minutes, and an audit of the result."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import psutil

from auralis_fp import schema
from auralis_fp.workers.launch import MARK as WORKER_MARK
from clusters import free_port
from service_process import Ledger, ServiceUnderTest, audit

from .machines import ELSEWHERE, HOST, Network, Process, cut_up, machine, scheduler
from .music import table
from .options import Options

PIECE_SEC: Final = 12.0
MOST_PIECES: Final = 5000
SETTLE_LIMIT_SEC: Final = 1800.0
LIMITS: Final = {"AURALIS_FP_TIME_LIMIT_SEC": "20", "AURALIS_FP_TIME_LIMIT_FACTOR": "0.2"}


def report(options: Options) -> str:
    """Return tables of the injected faults and of the audit."""
    minutes = min(options.minutes, 1.0) if options.quick else options.minutes
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder, Network() as network:
        return _Run(Path(folder), network, options).report(60 * minutes)


class _Run:
    """One run.

    Parameters
    ----------
    folder : Path
        For everything.
    network : Network
        Of the second machine.
    options : Options
    """

    def __init__(self, folder: Path, network: Network, options: Options) -> None:
        self._rng = random.Random(options.seed)
        self._network = network
        music = folder / "music"
        music.mkdir()
        self.pieces = cut_up(options.files, music, PIECE_SEC, MOST_PIECES)
        port = free_port()
        settings = {"cluster": f"tcp://{HOST}:{port}", "work_here": "requests", "workers": 1, "busy_percent": 0}
        self._service = ServiceUnderTest([music], folder / "data", settings)
        self._ledger = Ledger(self._service.database)
        environment = {**self._service.environment, **LIMITS}
        self._scheduler = scheduler(port, environment, folder / "scheduler.log")
        self._machines = [
            machine((HOST, port), music, "m1", environment, folder / "m1.log"),
            machine((HOST, port), music, "m2", environment, folder / "m2.log", ELSEWHERE),
        ]
        self.done: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._seen: dict[str, int] = {}
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._folder = folder
        self._details = ""

    def report(self, seconds: float) -> str:
        """Run for *seconds*, wait until all is done, audit, and return the report."""
        self._scheduler.start()
        for each in self._machines:
            each.start()
        self._service.start()
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            self._look()
            time.sleep(self._rng.uniform(3.0, 12.0))
            self._repair()
            self._fault()
        self._repair(everything=True)
        try:
            self._service.until_idle(SETTLE_LIMIT_SEC)
            self._look()
            rows = self._figures(time.monotonic() - began)
        finally:
            self._service.end(signal.SIGTERM)
            for each in (*self._machines, self._scheduler):
                each.end()
        rows.append(("orphan processes", len(self._service.until_gone(20))))
        faults = table(["fault", "times"], sorted(self.done.items()))
        return f"{faults}\n{table(['result', 'number'], rows)}\n{self._details}"

    def _figures(self, seconds: float) -> list[tuple[str, object]]:
        findings = audit(self._service.roots, self._service.data, settled=True)
        self._ledger.look()
        found = [f"{kind}: {', '.join(names)}" for kind, names in findings.faults().items()]
        found += [f"made again: {each}" for each in self._ledger.redone]
        self._details = "".join(f"* {line}\n" for line in found)
        different, compared = _compare(self._service.database, self._folder)
        return [
            ("pieces of music", self.pieces),
            ("files at the end", findings.files),
            ("with a result", findings.done),
            ("failed", findings.failed),
            ("lost", len(findings.lost) + len(findings.ghosts)),
            ("doubled", len(findings.doubled)),
            ("results made again", len(self._ledger.redone)),
            ("begun again because a machine or a connection was lost", sum(self._lost.values())),
            ("torn, left-over or disagreeing sidecars", len(findings.torn + findings.leftovers + findings.disagreeing)),
            ("results compared with local ones", compared),
            ("results that differ in any digit", different),
            ("duration, s", round(seconds)),
        ]

    def _look(self) -> None:
        """Record what was analysed, and what was begun again."""
        with suppress(sqlite3.Error):
            self._ledger.look()
        try:
            machines: list[dict[str, Any]] = self._service.get("/status")["machines"]
        except (OSError, ValueError, urllib.error.URLError):
            return
        for each in machines:
            before = self._seen.get(each["name"], 0)
            self._lost[each["name"]] += max(0, each["lost"] - before) if each["lost"] >= before else each["lost"]
            self._seen[each["name"]] = each["lost"]

    # faults

    def _fault(self) -> None:
        faults = [
            (self._kill_slot, 6), (self._freeze_slot, 2), (self._kill_worker, 4), (self._kill_nanny, 3),
            (self._kill_scheduler, 2), (self._cut, 2), (self._kill_courier, 3), (self._kill_service, 2),
        ]  # fmt: skip
        chosen = self._rng.choices([fault for fault, _ in faults], [weight for _, weight in faults])[0]
        with suppress(psutil.Error, IndexError):
            chosen()
            self.done[chosen.__name__.strip("_").replace("_", " ")] += 1

    def _repair(self, *, everything: bool = False) -> None:
        now = time.monotonic()
        due = [repair for at, repair in self._later if everything or at <= now]
        self._later = [] if everything else [(at, repair) for at, repair in self._later if at > now]
        for repair in due:
            repair()

    def _soon(self, seconds: float, repair: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, repair))

    def _slot(self) -> psutil.Process:
        return self._rng.choice(self._below(self._rng.choice(self._machines), WORKER_MARK))

    @staticmethod
    def _below(owner: Process, mark: str) -> list[psutil.Process]:
        assert owner.process is not None
        family = psutil.Process(owner.process.pid).children(recursive=True)
        return [each for each in family if mark in " ".join(each.cmdline())]

    def _kill_slot(self) -> None:
        self._slot().kill()

    def _freeze_slot(self) -> None:
        self._slot().suspend()  # the machine ends it after its time limit

    def _kill_worker(self) -> None:
        self._rng.choice(self._below(self._rng.choice(self._machines), "spawn_main")).kill()

    def _kill_nanny(self) -> None:
        chosen = self._rng.choice(self._machines)
        assert chosen.process is not None
        if chosen.process.poll() is None:
            chosen.end()
            self._soon(self._rng.uniform(2.0, 15.0), chosen.start)

    def _kill_scheduler(self) -> None:
        assert self._scheduler.process is not None
        if self._scheduler.process.poll() is None:
            self._scheduler.end()
            self._soon(self._rng.uniform(1.0, 20.0), self._scheduler.start)

    def _cut(self) -> None:
        self._network.cut()
        self._soon(self._rng.uniform(10.0, 70.0), self._network.mend)

    def _kill_courier(self) -> None:
        assert self._service.process is not None
        family = psutil.Process(self._service.process.pid).children()
        next(each for each in family if "cluster.courier" in " ".join(each.cmdline())).kill()

    def _kill_service(self) -> None:
        self._service.end()
        time.sleep(self._rng.uniform(0.5, 5.0))
        self._service.start()


def _compare(database: Path, folder: Path) -> tuple[int, int]:
    """Analyse all files here; return how many results differ, and how many were compared."""
    columns = ", ".join(schema.NAMES)
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            f"SELECT f.path, {columns} FROM fingerprints p JOIN files f ON f.id = p.file_id"
        ).fetchall()
    there = {os.fsdecode(path): values for path, *values in rows}
    here = ServiceUnderTest([folder / "music"], folder / "data-here", {"sidecars": "off", "busy_percent": 0})
    command = [sys.executable, "-m", "auralis_fp", "scan", str(folder / "music"), "--data-dir", str(here.data)]
    options = ["--sidecars", "off", "--workers", "2"]
    subprocess.run([*command, *options], check=False, env=here.environment, capture_output=True)  # some pieces may fail
    with closing(sqlite3.connect(f"file:{here.database}?mode=ro", uri=True)) as connection:
        local = connection.execute(
            f"SELECT f.path, {columns} FROM fingerprints p JOIN files f ON f.id = p.file_id"
        ).fetchall()
    return sum(there.get(os.fsdecode(path)) != values for path, *values in local), len(local)
