"""The plugin's share of an ASGI lifespan, and of the signals that stop the server."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from ..runtime.threads import ensure_default_executor
from .request import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class Resource(Protocol):
    """What the lifespan starts before the host, and stops after it."""

    async def __aenter__(self) -> object:
        """Start; a second start has no effect."""

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop; a second stop has no effect."""


class Lifespan:
    """The lifespan of plugin and host: the plugin starts first and stops last, also if the host has no lifespan."""

    def __init__(
        self, app: ASGIApp, plugin: Resource, stop_answering: Callable[[], None], receive: Receive, send: Send
    ) -> None:
        self._app, self._plugin, self._stop_answering = app, plugin, stop_answering
        self._receive, self._send = receive, send
        self._started = self._responded = self._stopped = False

    async def run(self, scope: Scope) -> None:
        """Run until shutdown."""
        try:
            try:
                await self._app(scope, self._from_server, self._to_server)
            except Exception as error:
                if self._responded:
                    raise
                log.debug("the application has no lifespan (%r); the plugin runs one", error)
            if not self._responded:
                await self._alone()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        """Stop the plugin; a host that has shut down the executor of the event loop has not stopped ours."""
        if not self._stopped:
            self._stopped = True
            await ensure_default_executor()
            await self._plugin.__aexit__()

    async def _from_server(self) -> Message:
        message = await self._receive()
        if message["type"] == "lifespan.startup":
            self._started = True
            await self._plugin.__aenter__()
        elif message["type"] == "lifespan.shutdown":
            self._stop_answering()
        return message

    async def _to_server(self, message: Message) -> None:
        self._responded = True
        if message["type"] != "lifespan.startup.complete":  # the host has shut down or failed to start
            await self._stop()
        await self._send(message)

    async def _alone(self) -> None:
        if not self._started:
            await self._from_server()
        await self._send({"type": "lifespan.startup.complete"})
        await self._from_server()
        await self._stop()
        await self._send({"type": "lifespan.shutdown.complete"})


@contextmanager
def closes_streams_on_signals(stop_answering: Callable[[], None]) -> Iterator[None]:
    """Close event streams on uvicorn's stop signals: it waits for them before the lifespan ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, before = asyncio.get_running_loop(), dict[int, Any]()

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop_answering)
        before[number](number, frame)

    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        handler = signal.getsignal(number)
        if getattr(getattr(handler, "__self__", None), "should_exit", None) is False:  # uvicorn's server
            before[number] = handler
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is stop:
                signal.signal(number, handler)
