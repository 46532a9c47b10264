"""Machines and the callers that wait for their slots."""

import asyncio
import json

import pytest

from auralis_fp.cluster.handshake import python_version
from auralis_fp.cluster.messages import PROTOCOL, Report
from auralis_fp.cluster.remote_machine import SILENT_SEC, TROUBLES_TO_BAR, WINDOW
from auralis_fp.cluster.roster import REQUESTED, Machines


def report(address: str, slots: int = 1, *, silent_sec: float = 0.0, mount: str = "music") -> Report:
    """Return what the scheduler knows of a machine that may work."""
    hello = {"name": address, "slots": slots, "mounts": [mount], "protocol": PROTOCOL, "python": python_version()}
    hello["deviation"] = 0.0
    return Report(address=address, host="h", name="n", hello=json.dumps(hello), load="", silent_sec=silent_sec)


def machines(most_slots: int = 0) -> Machines:
    """Return a roster for one music folder."""
    return Machines(["music"], [], most_slots)


async def test_each_slot_takes_two_files() -> None:
    """The third caller waits until one is given back."""
    roster = machines()
    roster.update([report("a")])
    first = [await roster.acquire() for _ in range(WINDOW)]
    waiting = asyncio.create_task(roster.acquire())
    await asyncio.sleep(0)
    assert not waiting.done()
    roster.release(first[0])
    assert (await waiting).address == "a"


async def test_the_emptiest_machine_is_next() -> None:
    """Files are spread in proportion to the slots."""
    roster = machines()
    roster.update([report("a", 1), report("b", 3)])
    taken = [(await roster.acquire()).address for _ in range(8)]
    assert (taken.count("a"), taken.count("b")) == (2, 6)


async def test_those_who_wait_are_served_by_a_machine_that_joins() -> None:
    """A request goes before background work."""
    roster = machines()
    background = asyncio.create_task(roster.acquire())
    request = asyncio.create_task(roster.acquire(REQUESTED))
    await asyncio.sleep(0)
    roster.update([report("a")])
    roster.release(await request)
    await background


async def test_a_caller_that_gives_up_takes_nothing() -> None:
    """Also not if it was served in the same moment."""
    roster = machines()
    callers = [asyncio.create_task(roster.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    roster.update([report("a")])
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert [machine.leased for machine in roster.all()] == [0]


async def test_only_so_many_slots_are_used() -> None:
    """The limit holds over all machines."""
    roster = machines(most_slots=3)
    roster.update([report("a", 2), report("b", 4)])
    assert [machine.allowed for machine in roster.all()] == [2, 1]
    assert roster.slots == 3


async def test_a_machine_that_is_silent_or_refused_gets_nothing() -> None:
    """Both say why; the silent one is used again when it is heard."""
    roster = machines()
    roster.update([report("a", silent_sec=SILENT_SEC + 1), report("b", mount="films")])
    waiting = asyncio.create_task(roster.acquire())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert [bool(machine.why_not()) for machine in roster.all()] == [True, True]
    roster.update([report("a"), report("b", mount="films")])
    assert (await waiting).address == "a"


async def test_machines_that_are_gone_are_named() -> None:
    """What is out there is lost."""
    roster = machines()
    roster.update([report("a"), report("b")])
    assert [machine.address for machine in roster.update([report("b")])] == ["a"]
    assert [machine.address for machine in roster.clear()] == ["b"]


@pytest.mark.parametrize("between", [False, True])
async def test_files_that_differ_bar_a_machine(between: bool) -> None:
    """Several in a row do, but not with a success in between."""
    roster = machines()
    roster.update([report("a")])
    machine = await roster.acquire()
    for number in range(TROUBLES_TO_BAR):
        machine.in_trouble("another size")
        if between and number == 0:
            machine.succeeded(3.0, 0.1)
    assert machine.usable() is between
    assert ("another size" in machine.why_not()) is not between
