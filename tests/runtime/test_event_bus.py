"""Publish and subscribe."""

import asyncio
from contextlib import ExitStack

from auralis_fp.runtime.event_bus import HISTORY, QUEUED, WOKEN_AT_ONCE, Event, EventBus, Subscription
from patience import LIMIT_SEC


async def take(subscription: Subscription, number: int) -> list[Event]:
    """Return the next events."""
    taken: list[Event] = []
    async with asyncio.timeout(LIMIT_SEC):
        async for event in subscription:
            taken.append(event)
            if len(taken) == number:
                break
    return taken


async def test_subscribers_get_later_events() -> None:
    """Each gets every event, in order."""
    bus = EventBus()
    bus.publish("before", {})
    with bus.subscribe() as first, bus.subscribe() as second:
        last = bus.last_id
        bus.publish("a", {"n": 1})
        bus.publish("b", {"n": 2})
        expected = [Event(last + 1, "a", {"n": 1}), Event(last + 2, "b", {"n": 2})]
        assert await take(first, 2) == expected
        assert await take(second, 2) == expected


async def test_a_reconnecting_subscriber_gets_missed_events() -> None:
    """From the last event it had; superseded events are not repeated."""
    bus = EventBus()
    bus.publish("result", {"n": 1})
    seen = bus.last_id
    bus.publish("status", {}, remember=False)
    bus.publish("result", {"n": 2})
    with bus.subscribe(last_id=seen) as listener:
        bus.publish("result", {"n": 3})
        assert [event.id for event in await take(listener, 2)] == [seen + 2, seen + 3]


async def test_memory_is_bounded() -> None:
    """Only the newest events are kept, in the history and in the queue of a slow subscriber."""
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


async def test_a_waiting_subscriber_is_woken() -> None:
    """By an event, and by the end of the bus."""
    bus = EventBus()
    with bus.subscribe() as listener:
        waiting = asyncio.create_task(take(listener, 2))
        await asyncio.sleep(0)
        bus.publish("a", {})
        await asyncio.sleep(0)
        bus.close()
        assert [event.name for event in await waiting] == ["a"]


async def test_a_closed_bus_ends_iterations() -> None:
    """A new subscriber gets missed events, then its iteration ends."""
    bus = EventBus()
    bus.publish("a", {})
    bus.close()
    with bus.subscribe(last_id=0) as listener:
        assert [event.name for event in await take(listener, 2)] == ["a"]


async def test_unsubscribed_queues_do_not_grow() -> None:
    """No events are queued for a former subscriber."""
    bus = EventBus()
    with bus.subscribe():
        assert bus.listeners == 1
    assert bus.listeners == 0


async def test_many_subscribers_do_not_block_the_event_loop() -> None:
    """While hundreds are woken, other callbacks run in between."""
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
