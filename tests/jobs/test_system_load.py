"""Background jobs yield to other programs."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable

import pytest

from auralis_fp.jobs import system_load as module
from auralis_fp.jobs.system_load import SAMPLES, LoadMonitor, Usage, others_percent, usage
from auralis_fp.jobs.throttle import BackgroundGate
from auralis_fp.runtime.tasks import cancel_and_wait
from listening import until
from patience import LIMIT_SEC


def test_the_share_of_other_programs_excludes_ours() -> None:
    """As a share of all processors; a clock that stops or goes back yields zero."""
    assert others_percent(Usage(100, 40, 1000), Usage(190, 50, 1100)) == pytest.approx(80)
    assert others_percent(Usage(100, 40, 1000), Usage(110, 60, 1100)) == 0
    assert others_percent(Usage(100, 40, 1000), Usage(100, 40, 1000)) == 0


def test_the_load_of_another_program_is_measured() -> None:
    """A busy loop of one second adds to the time of all programs, but not to ours."""
    before = usage([os.getpid()])
    script = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", script], check=True)
    after = usage([os.getpid()])
    assert after.all_programs - before.all_programs > 0.3
    assert after.ours - before.ours < 0.3


async def test_jobs_wait_while_the_machine_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several samples must agree before jobs wait or continue; without jobs no samples are taken."""
    monkeypatch.setattr(module, "SAMPLE_EVERY_SEC", 0.01)
    gate, looks, percent = BackgroundGate(), 0, 95.0
    spent = Usage(0, 0, 0)

    def look(_: Iterable[int]) -> Usage:
        nonlocal looks, spent
        looks += 1
        spent = Usage(spent.all_programs + percent, 0, spent.available + 100)
        return spent

    machine = LoadMonitor(gate, 90, list, look)
    watching = asyncio.create_task(machine.run())
    await asyncio.sleep(0.05)
    assert looks == 0
    machine.work_started()
    await until(lambda: gate.machine_busy)
    assert looks >= SAMPLES
    blocked = gate.blocked_by()
    assert blocked is not None
    assert blocked.state == "waiting_for_machine"
    percent = 80.0  # less, but not calm
    before = looks
    await until(lambda: looks > before + 2 * SAMPLES)
    assert gate.machine_busy
    percent = 10.0
    await until(lambda: not gate.machine_busy)
    async with asyncio.timeout(LIMIT_SEC):  # until no more samples are taken
        before = -1
        while looks != before:
            before = looks
            await asyncio.sleep(0.2)
    await cancel_and_wait(watching)
