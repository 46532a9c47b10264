"""Inject random faults into a running service for minutes and audit the result."""

import math
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from auralis_fp import schema
from auralis_fp.models import Analysed
from auralis_fp.workers.tasks import analyse_file
from service_process import Ledger, ServiceUnderTest, audit
from small_disk import Disk, small_disk

from .faults import Faults
from .music import table
from .options import Options
from .storage_faults import KEPT

DISK_MB: Final = 192
LIVES: Final = 2 / 3  # share of the time with kills of the service; then it runs on to measure its growth
SETTLE_LIMIT_SEC: Final = 600.0
_ENDING_SEC: Final = 3.0
TOLERANCE: Final = 1e-5  # relative; threads of linear algebra libraries change the last digits
SETTINGS: Final = {
    "workers": 2,
    "time_limit_sec": 5,  # a suspended worker must not block the whole run
    "time_limit_factor": 0.2,
    "settle_sec": 0.5,
    "sweep_interval_sec": 30,
    "busy_percent": 0,
}


def report(options: Options) -> str:
    """Return tables of the injected faults and of the audit."""
    minutes = min(options.minutes, 1.0) if options.quick else options.minutes
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder, small_disk(Path(folder) / "disk", DISK_MB) as disk:
        return _Run(disk, options.seed).report(60 * minutes)


class _Run:
    """One chaos run.

    Parameters
    ----------
    disk : Disk
        Disk for music and data.
    seed : int
        Random seed; the timing of the service still varies.
    """

    def __init__(self, disk: Disk, seed: int) -> None:
        self._rng = random.Random(seed)
        roots = [disk.folder / "one", disk.folder / "two"]
        for root in roots:
            root.mkdir()
        self._service = ServiceUnderTest(roots, disk.folder / "data", SETTINGS)
        self._ledger = Ledger(self._service.database)
        self._faults = Faults(self._service, disk, self._rng)
        self._counted: Counter[str] = Counter()
        self._growth: list[tuple[float, float, int]] = []  # seconds into the last run, MB, handles
        self._amiss: list[str] = []
        self._stops: list[float] = []

    def report(self, seconds: float) -> str:
        """Run for *seconds*, wait until the service is idle, audit, and return the report."""
        began = time.monotonic()
        try:
            self._faults.furnish()
            self._service.start()
            self._storm(began + LIVES * seconds, lives=True)
            last_life = time.monotonic()
            self._storm(began + seconds, lives=False, since=last_life)
            self._faults.relent()
        except BaseException:
            print(f"The log of the service and the journal of faults: {self._keep_logs()}")
            raise
        with ExitStack() as closing:
            closing.callback(self._finish)
            status = self._service.until_idle(SETTLE_LIMIT_SEC)
            self._sweep_and_settle()
            self._watch_growth(last_life)
        findings = audit(self._service.roots, self._service.data, settled=True)
        self._ledger.look()
        self._amiss += [f"{kind}: {name}" for kind, names in findings.faults().items() for name in names]
        redone = [again for again in self._ledger.redone if again.audio not in self._faults.storage.damaged]
        self._amiss += [f"redone: {again}" for again in redone]
        spoilt = self._faults.storage.kept.read_text(encoding="ascii", errors="replace") != KEPT
        wrong = _wrong(self._service.database)
        self._amiss += [f"wrong: {name}" for name in wrong]
        orphans = self._service.until_gone()
        figures = [
            ("files at the end", findings.files),
            ("with a result", findings.done),
            ("failed", findings.failed),
            ("analyses", len(self._ledger)),
            ("failed requests while running", self._counted["no answer"]),
            ("inconsistent totals in the status", self._counted["wrong sum"]),
            ("lost", len(findings.lost) + len(findings.ghosts)),
            ("duplicated", len(findings.doubled)),
            ("reanalysed without cause", len(redone)),
            ("reanalysed because their row was damaged", len(self._ledger.redone) - len(redone)),
            ("changes to a file of the user with links in the way of sidecars", int(spoilt)),
            ("truncated or left-over sidecars", len(findings.torn) + len(findings.leftovers)),
            ("sidecars that disagree with the database", len(findings.disagreeing)),
            ("results that differ from a fresh analysis", len(wrong)),
            ("orphan processes", len(orphans)),
            ("longest clean shutdown, s", max(self._stops, default=0.0)),
            *self._grown(),
        ]
        faults = sorted(self._faults.done.items())
        text = f"## Chaos, {seconds / 60:.0f} minutes\n\n" + table(("fault", "count"), faults)
        text += "\n" + table(("result", "value"), figures)
        if self._amiss:
            lines = [*dict.fromkeys(self._amiss)][:50]
            text += "\nProblems:\n\n" + "".join(f"* {line}\n" for line in lines)
            text += f"\nThe log of the service and the journal of faults: {self._keep_logs()}\n"
        return text + f"\nState at the end: {status['health']['status']} {status['health']['reasons']}.\n"

    def _keep_logs(self) -> Path:
        """Copy the log of the service and the journal of faults out of the disk; return their folder."""
        kept = Path(tempfile.mkdtemp(prefix="chaos-"))
        shutil.copy(self._service.data.parent / "service.log", kept)
        (kept / "journal.log").write_text("\n".join(self._faults.journal), encoding="utf-8", errors="backslashreplace")
        return kept

    def _finish(self) -> None:
        self._stops.append(self._service.end(signal.SIGTERM))

    def _storm(self, until: float, *, lives: bool, since: float | None = None) -> None:
        """Inject faults until a point in time."""
        next_death = time.monotonic() + self._rng.uniform(3, 20)
        while time.monotonic() < until:
            self._faults.one()
            self._look(since)
            time.sleep(self._rng.uniform(0.0, 0.25))
            if lives and time.monotonic() > next_death:
                self._die()
                next_death = time.monotonic() + self._rng.uniform(3, 20)

    def _die(self) -> None:
        """Kill or stop the service, audit what remains, and restart it."""
        if self._rng.random() < 0.8:
            self._faults.count("service killed")
            self._service.end()
        else:
            self._faults.count("service stopped")
            self._stops.append(self._service.end(signal.SIGTERM))
        left = self._service.until_gone(_ENDING_SEC)  # a worker suspended during its start is ended by the next start
        findings = audit(self._service.roots, self._service.data, settled=False)
        self._amiss += [f"{kind}: {name}" for kind in ("broken", "torn") for name in getattr(findings, kind)]
        self._ledger.look()
        self._faults.before_start()
        self._service.start()
        _, alive = psutil.wait_procs([psutil.Process(pid) for pid in left if psutil.pid_exists(pid)], _ENDING_SEC)
        self._amiss += [f"orphan: {_described(process.pid)}" for process in alive]

    def _look(self, since: float | None) -> None:
        """Request the status and record finished analyses."""
        try:
            counts = self._service.get("/status")["counts"]
        except OSError:
            self._counted["no answer"] += 1
            return
        total = counts.pop("total")
        self._counted["wrong sum"] += total != sum(counts.values()) or min(counts.values()) < 0
        self._ledger.look()
        if since is not None:
            self._watch_growth(since)

    def _sweep_and_settle(self) -> None:
        """Trigger a full scan and wait until it is finished."""
        before = {folder["path"]: folder["last_scan"] for folder in self._service.get("/status")["folders"]}
        self._service.post("/scan")
        give_up = time.monotonic() + SETTLE_LIMIT_SEC
        while any(
            folder["scanning"] or folder["last_scan"] == before[folder["path"]]
            for folder in self._service.get("/status")["folders"]
        ):
            assert time.monotonic() < give_up, self._service.get("/status")
            time.sleep(0.2)
        self._service.until_idle(SETTLE_LIMIT_SEC)

    def _watch_growth(self, since: float) -> None:
        assert self._service.process is not None
        process = psutil.Process(self._service.process.pid)
        self._growth.append((time.monotonic() - since, process.memory_full_info().uss / 1e6, process.num_fds()))

    def _grown(self) -> list[tuple[str, object]]:
        """Return memory and handles in each quarter of the last run, without its first minute or tenth."""
        last = self._growth[-1][0]
        first = min(60.0, last / 10)
        quarters: list[list[tuple[float, float, int]]] = [[] for _ in range(4)]
        for entry in self._growth:
            if entry[0] > first:
                quarters[min(3, int(4 * (entry[0] - first) / (last - first)))].append(entry)
        memory, handles = (
            ", ".join(f"{sum(entry[part] for entry in quarter) / max(1, len(quarter)):.1f}" for quarter in quarters)
            for part in (1, 2)
        )
        return [
            ("minutes of the last run", last / 60),
            ("memory of the service in each quarter of it, MB", memory),
            ("open handles in each quarter of it", handles),
        ]


def _wrong(database: Path) -> list[str]:
    """Return the files whose stored values differ from those of an analysis made now."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            f"SELECT f.path, {', '.join(schema.NAMES)} FROM fingerprints p JOIN files f ON f.id = p.file_id"
            " LEFT JOIN failures x ON x.file_id = f.id WHERE f.missing_since IS NULL AND x.file_id IS NULL"
        ).fetchall()
    return [os.fsdecode(path) for path, *values in rows if not _agree(values, _values(path))]


def _agree(stored: Sequence[float], fresh: Sequence[float] | None) -> bool:
    return fresh is not None and all(map(partial(math.isclose, rel_tol=TOLERANCE, abs_tol=TOLERANCE), stored, fresh))


def _values(path: bytes) -> list[float] | None:
    """Return the values of a file, None if it cannot be analysed."""
    outcome = analyse_file(path)
    return list(outcome.fingerprint.values()) if isinstance(outcome, Analysed) else None


def _described(pid: int) -> str:
    """Describe a process that outlived the service."""
    try:
        process = psutil.Process(pid)
        return f"{pid}, {process.status()}, {' '.join(process.cmdline())[-60:]}"
    except psutil.Error:
        return f"{pid}, gone since"
