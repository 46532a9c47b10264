"""Publish and subscribe: numbered events, and a short history for subscribers that reconnect."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from .serialization import plain, to_json

HISTORY: Final = 500  # events kept for subscribers that reconnect
QUEUED: Final = 200  # events a slow subscriber may lag behind before it loses the oldest
WOKEN_AT_ONCE: Final = 25  # subscribers per iteration of the event loop


class _EventFields(NamedTuple):
    id: int
    name: str
    data: dict[str, Any]


class Event(_EventFields):
    """A published event; ids increase by one."""

    @cached_property
    def text(self) -> str:
        """The data as JSON on one line."""
        return to_json(self.data)

    @cached_property
    def sent(self) -> bytes:
        """The event in the format of server-sent events, encoded once for all subscribers."""
        return f"id: {self.id}\nevent: {self.name}\ndata: {self.text}\n\n".encode("ascii")


class Subscription:
    """The queue of one subscriber, an asynchronous iterator of events.

    Parameters
    ----------
    missed : list of Event
        Events to deliver first.
    """

    def __init__(self, missed: list[Event]) -> None:
        self._events = deque(missed, maxlen=QUEUED)
        self._available = asyncio.Event()
        self._closed = False

    def push(self, event: Event) -> None:
        """Append an event; a full queue drops its oldest."""
        self._events.append(event)

    def wake(self) -> None:
        """Let the subscriber read its queue."""
        self._available.set()

    def close(self) -> None:
        """End the iteration after the queued events."""
        self._closed = True
        self._available.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._available.clear()
            await self._available.wait()


class EventBus:
    """Delivers each event to all subscribers and handlers."""

    def __init__(self) -> None:
        self._last = time.time_ns() // 1_000_000  # ids increase across restarts, so that clients can resume
        self._history: deque[Event] = deque(maxlen=HISTORY)
        self._subscribers: set[Subscription] = set()
        self.handlers: list[Callable[[Event], None]] = []  # called with every event
        self._closed = False

    @property
    def listeners(self) -> int:
        """The number of subscribers."""
        return len(self._subscribers)

    @property
    def last_id(self) -> int:
        """The id of the newest event."""
        return self._last

    def publish(self, name: str, data: msgspec.Struct | dict[str, Any], *, remember: bool = True) -> None:
        """Deliver an event.

        Parameters
        ----------
        name : str
        data : msgspec.Struct or dict
        remember : bool
            Keep it in the history; not necessary for an event that the next one supersedes.
        """
        self._last += 1
        event = Event(self._last, name, plain(data))
        if remember:
            self._history.append(event)
        for handler in self.handlers:
            handler(event)
        subscribers = tuple(self._subscribers)
        for subscriber in subscribers:
            subscriber.push(event)
        _wake(subscribers)

    @contextmanager
    def subscribe(self, last_id: int | None = None) -> Iterator[Subscription]:
        """Subscribe to new events, and with *last_id* to those in the history after it."""
        missed = [event for event in self._history if last_id is not None and event.id > last_id]
        subscription = Subscription(missed)
        if self._closed:
            subscription.close()
        self._subscribers.add(subscription)
        try:
            yield subscription
        finally:
            self._subscribers.discard(subscription)

    def close(self) -> None:
        """End all subscriptions, present and future."""
        self._closed = True
        for subscriber in self._subscribers:
            subscriber.close()


def _wake(subscribers: Sequence[Subscription]) -> None:
    """Wake subscribers in batches: sending to hundreds at once would block the event loop."""
    for subscriber in subscribers[:WOKEN_AT_ONCE]:
        subscriber.wake()
    if rest := subscribers[WOKEN_AT_ONCE:]:
        asyncio.get_running_loop().call_soon(_wake, rest)
