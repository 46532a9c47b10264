"""Events, told to whoever listens."""

import asyncio
from contextlib import ExitStack

from auralis_fp.runtime.event_bus import HISTORY, QUEUED, WOKEN_AT_ONCE, Event, EventBus, Subscription


async def take(subscription: Subscription, number: int) -> list[Event]:
    """Return the next events."""
    taken: list[Event] = []
    async with asyncio.timeout(5):
        async for event in subscription:
            taken.append(event)
            if len(taken) == number:
                break
    return taken


async def test_listeners_hear_what_comes_after_they_came() -> None:
    """Each gets every event, numbered in order."""
    bus = EventBus()
    bus.publish("before", {})
    with bus.subscribe() as first, bus.subscribe() as second:
        last = bus.last_id
        bus.publish("a", {"n": 1})
        bus.publish("b", {"n": 2})
        expected = [Event(last + 1, "a", {"n": 1}), Event(last + 2, "b", {"n": 2})]
        assert await take(first, 2) == expected
        assert await take(second, 2) == expected


async def test_who_comes_back_gets_what_was_missed() -> None:
    """Beginning after the last event they had; what is replaced by the next is not repeated."""
    bus = EventBus()
    bus.publish("result", {"n": 1})
    seen = bus.last_id
    bus.publish("status", {}, remember=False)
    bus.publish("result", {"n": 2})
    with bus.subscribe(last_id=seen) as listener:
        bus.publish("result", {"n": 3})
        assert [event.id for event in await take(listener, 2)] == [seen + 2, seen + 3]


async def test_memory_is_bounded() -> None:
    """Only the latest events are kept, for those who come back and for those who are slow."""
    bus = EventBus()
    first = bus.last_id
    with bus.subscribe() as slow:
        for number in range(HISTORY + 100):
            bus.publish("result", {"n": number})
        late = await take(slow, QUEUED)
        assert late[-1].id == first + HISTORY + 100
        assert [event.id for event in late] == list(range(late[0].id, late[0].id + QUEUED))
    with bus.subscribe(last_id=0) as back:
        assert (await take(back, 1))[0].id == first + HISTORY + 100 - QUEUED + 1


async def test_a_waiting_listener_is_woken() -> None:
    """An event reaches one that came first; the end ends its iteration."""
    bus = EventBus()
    with bus.subscribe() as listener:
        waiting = asyncio.create_task(take(listener, 2))
        await asyncio.sleep(0)
        bus.publish("a", {})
        await asyncio.sleep(0)
        bus.close()
        assert [event.name for event in await waiting] == ["a"]


async def test_nobody_waits_on_a_closed_bus() -> None:
    """Who comes after the end hears what was missed, and ends."""
    bus = EventBus()
    bus.publish("a", {})
    bus.close()
    with bus.subscribe(last_id=0) as listener:
        assert [event.name for event in await take(listener, 2)] == ["a"]


async def test_who_left_is_forgotten() -> None:
    """No queue grows for a listener that is gone."""
    bus = EventBus()
    with bus.subscribe():
        assert bus.listeners == 1
    assert bus.listeners == 0


async def test_many_listeners_leave_others_their_turn() -> None:
    """While hundreds are told, what else is due in the event loop is not kept waiting until all are."""
    bus = EventBus()
    told: list[int] = []

    async def listen(number: int, subscription: Subscription) -> None:
        await take(subscription, 1)
        told.append(number)

    async with asyncio.TaskGroup() as group:
        with ExitStack() as leaving:
            for number in range(10 * WOKEN_AT_ONCE):
                group.create_task(listen(number, leaving.enter_context(bus.subscribe())))
            await asyncio.sleep(0)  # all wait
            bus.publish("status", {})
            rounds = 0
            while len(told) < 10 * WOKEN_AT_ONCE:
                before = len(told)
                await asyncio.sleep(0)
                assert len(told) - before <= 2 * WOKEN_AT_ONCE
                rounds += 1
    assert rounds >= 5
    assert sorted(told) == list(range(10 * WOKEN_AT_ONCE))
