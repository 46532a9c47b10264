"""What happened, told to whoever listens: numbered events, a short memory for those who come back."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from .serialization import plain, to_json

REMEMBERED: Final = 500  # events kept for listeners that reconnect
QUEUED: Final = 200  # events a slow listener may lag behind before the oldest are dropped for it
WOKEN_AT_ONCE: Final = 25  # listeners; others have their turn in between


class _Told(NamedTuple):
    id: int
    name: str
    data: dict[str, Any]


class Event(_Told):
    """One thing that happened; ``id`` grows by one."""

    @cached_property
    def text(self) -> str:
        """The data as JSON, on one line."""
        return to_json(self.data)

    @cached_property
    def sent(self) -> bytes:
        """The event as a stream of server-sent events has it, put together once for all listeners."""
        return f"id: {self.id}\nevent: {self.name}\ndata: {self.text}\n\n".encode("ascii")


class Subscription:
    """A listener's own queue; iterate over it."""

    def __init__(self, missed: list[Event]) -> None:
        self._events = deque(missed, maxlen=QUEUED)
        self._news = asyncio.Event()
        self._closed = False

    def push(self, event: Event) -> None:
        """Hand over an event; the oldest makes room when the listener is slow."""
        self._events.append(event)

    def wake(self) -> None:
        """Have the listener look at what was handed over."""
        self._news.set()

    def close(self) -> None:
        """End the iteration."""
        self._closed = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()


class EventBus:
    """The one place events go through."""

    def __init__(self) -> None:
        self._last = (
            time.time_ns() // 1_000_000
        )  # ids grow over restarts too, so that a listener of before misses nothing
        self._kept: deque[Event] = deque(maxlen=REMEMBERED)
        self._listeners: set[Subscription] = set()
        self.handlers: list[Callable[[Event], None]] = []  # called with every event, whether or not anybody listens
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @property
    def last_id(self) -> int:
        """The id of the newest event; events to come have higher ones."""
        return self._last

    def publish(self, name: str, data: msgspec.Struct | dict[str, Any], *, remember: bool = True) -> None:
        """Tell all listeners; *remember* the event for those who reconnect, unless the next one replaces it."""
        self._last += 1
        event = Event(self._last, name, plain(data))
        if remember:
            self._kept.append(event)
        for handler in self.handlers:
            handler(event)
        listeners = tuple(self._listeners)
        for listener in listeners:
            listener.push(event)
        _wake(listeners)

    @contextmanager
    def subscribe(self, last_id: int | None = None) -> Iterator[Subscription]:
        """Listen, beginning after *last_id* as far as remembered, or with what comes next."""
        missed = [event for event in self._kept if last_id is not None and event.id > last_id]
        subscription = Subscription(missed)
        if self._closed:
            subscription.close()
        self._listeners.add(subscription)
        try:
            yield subscription
        finally:
            self._listeners.discard(subscription)

    def close(self) -> None:
        """End every listener's iteration, also of those still to come."""
        self._closed = True
        for listener in self._listeners:
            listener.close()


def _wake(listeners: Sequence[Subscription]) -> None:
    """Wake listeners, a few in each round of the event loop: sending to hundreds at once would hold up all others."""
    for listener in listeners[:WOKEN_AT_ONCE]:
        listener.wake()
    if rest := listeners[WOKEN_AT_ONCE:]:
        asyncio.get_running_loop().call_soon(_wake, rest)
