"""Supervised tasks, backoff and cancellation."""

import asyncio
import itertools
import logging

import pytest

from auralis_fp.runtime import tasks
from auralis_fp.runtime.tasks import cancel_and_wait, see_through, supervise
from auralis_fp.states import Health
from patience import LIMIT_SEC


async def test_a_task_may_return() -> None:
    """Returning ends the supervision."""
    health = Health()
    runs = []

    async def work() -> None:
        runs.append(1)

    await asyncio.wait_for(supervise("work", work, health), 1)
    assert (runs, health.faults) == ([1], {})


async def test_a_failure_is_shown_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is visible until the task runs again."""
    monkeypatch.setattr(tasks, "FIRST_RETRY_SEC", 0.05)
    health = Health()
    shown: list[dict[str, str]] = []

    async def work() -> None:
        shown.append(dict(health.faults))
        if len(shown) < 3:
            raise LookupError("secret")

    supervised = asyncio.create_task(supervise("work", work, health))
    await asyncio.wait_for(supervised, LIMIT_SEC)
    assert "LookupError" in shown[1]["work"]
    assert "secret" not in shown[1]["work"]
    assert (len(shown), health.faults) == (3, {})
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


async def test_backoff_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that keeps failing is restarted less and less often."""
    monkeypatch.setattr(tasks, "FIRST_RETRY_SEC", 0.02)
    monkeypatch.setattr(tasks, "LONGEST_RETRY_SEC", 0.08)
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def work() -> None:
        times.append(loop.time())
        if len(times) < 6:
            raise LookupError

    await asyncio.wait_for(supervise("work", work, Health()), 5)
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert all(pause >= least for pause, least in zip(pauses, (0.02, 0.04, 0.08, 0.08, 0.08), strict=True))


async def test_cancellation_is_not_a_failure() -> None:
    """A cancelled task ends without a fault."""
    health = Health()
    task = asyncio.create_task(supervise("work", asyncio.Event().wait, health))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await cancel_and_wait(task)
    assert task.cancelled()
    assert not health.faults


async def test_cancel_and_wait_can_be_cancelled() -> None:
    """The cancellation of the caller is not mistaken for that of the task."""

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.2)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    waiter = asyncio.create_task(cancel_and_wait(task))
    await asyncio.sleep(0.01)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_the_error_of_a_cancelled_task_is_raised() -> None:
    """A task that fails while it is cancelled reports to its canceller."""

    async def failing() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("while ending")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    with pytest.raises(LookupError, match="while ending"):
        await cancel_and_wait(task)


@pytest.mark.parametrize("fails", [False, True])
async def test_see_through_delays_the_cancellation(fails: bool) -> None:
    """The caller is cancelled only after the work has ended, whose error is not raised."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    steps = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        steps.append("work")
        if fails:
            raise ValueError("not raised to the caller")

    waiter = asyncio.create_task(see_through(work()))
    await asyncio.sleep(0.01)
    waiter.cancel()
    await asyncio.wait({waiter})
    assert (steps, waiter.cancelled(), complaints) == (["work"], True, [])
