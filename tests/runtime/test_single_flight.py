"""Single flight."""

import asyncio

import pytest

from auralis_fp.runtime.single_flight import SingleFlight


async def test_callers_during_a_run_share_the_next() -> None:
    """A hundred callers cost two runs: the current one started before their calls."""
    made = 0
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def make() -> int:
        nonlocal made
        made += 1
        number = made
        begun.set()
        await go_on.wait()
        return number

    shared = SingleFlight(make)
    first = asyncio.create_task(shared.get())
    await begun.wait()
    others = [asyncio.create_task(shared.get()) for _ in range(100)]
    await asyncio.sleep(0)
    go_on.set()
    assert await first == 1
    assert set(await asyncio.gather(*others)) == {2}
    assert await shared.get() == 3


async def test_a_failure_reaches_all_and_is_not_kept() -> None:
    """All waiters get the error, the next call runs again, and a cancelled caller affects no other."""
    failing = True

    async def make() -> str:
        await asyncio.sleep(0)
        if failing:
            raise OSError("no")
        return "made"

    shared = SingleFlight(make)
    results = await asyncio.gather(*(shared.get() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    failing = False
    impatient = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    patient = asyncio.create_task(shared.get())
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await patient == "made"
