"""Mounting the plugin into an ASGI application: FastAPI, Starlette, Quart, or any other.

The addresses are those of the aiohttp plugin, served by aiohttp itself, inside the host's process and event loop and
without a port: requests reach it through memory.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import FrameType
from typing import Any, Final, Self

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from .. import app as mounting
from ..engine.service import Service
from ..errors import RequestError
from ..routes.responses import error_answer
from ..runtime.tasks import cancel_and_wait
from ..settings import Settings
from .memory_transport import MemoryConnector, caller
from .request import Body, Message, Receive, Scope, announces_body, below, fault_of, route_path

log = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

STOP_LIMIT_SEC: Final = 1.0  # for open streams, when the host stops
_NOBODY: Final = "plugin.invalid"  # the name of the server for requests without a Host; never allowed
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
_OF_THE_SERVER: Final = frozenset({"date", "server"})  # the host's server adds its own
_NOT_OURS: Final = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")  # what the client would make up
_TO_THE_END: Final = aiohttp.ClientTimeout(total=None)


class Plugin:
    """The plugin as an ASGI application, to be mounted, or wrapped around a host by ``Middleware``.

    Parameters
    ----------
    settings : Settings, optional
        If not given they are gathered from *given*, the environment and ``auralis-fp.toml``.
    prefix : str
        Path under which ``Middleware`` has it answer. Where it is mounted, the mount decides.
    **given
        Settings by name, when *settings* is not given.

    Raises
    ------
    SettingsError
        A setting is unknown or bad.
    ValueError
        The prefix is not a path of at least one segment.

    Notes
    -----
    It runs inside ``async with plugin``. ``Middleware`` sees to that by the host's lifespan; a mount does not, so the
    host's own lifespan must. Until then every address answers 503 ``not_started``.
    """

    def __init__(self, settings: Settings | None = None, prefix: str = "/fingerprint", **given: Any) -> None:
        self.app = web.Application()
        mounting.setup(self.app, settings, prefix=prefix, **given)
        self.prefix = prefix.rstrip("/")
        self._running: AsyncExitStack | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def service(self) -> Service:
        """The service, to be asked by host code."""
        return mounting.service(self.app)

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise RuntimeError("the fingerprint plugin runs already")
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=STOP_LIMIT_SEC, auto_decompress=False)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            assert runner.server is not None  # noqa: S101 - setup() made it
            self._session = aiohttp.ClientSession(
                connector=MemoryConnector(runner.server),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=_TO_THE_END,
                skip_auto_headers=_NOT_OURS,
            )
            stack.push_async_callback(self._session.close)
            stack.enter_context(_told_to_stop(self.service.stop_answering))
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        stack, self._running, self._session = self._running, None, None
        if stack is not None:
            await stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is asked below the address it is mounted at."""
        if scope["type"] == "websocket":  # there is none
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self.answer(scope, below(scope, scope.get("root_path", "")), receive, send)
        else:
            raise RuntimeError(f"the fingerprint plugin does not speak {scope['type']}")

    async def answer(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        """Answer an HTTP request; *path* is the part of its address below the prefix, as it was sent."""
        first = None if announces_body(scope) else await receive()
        if first is not None and first["type"] == "http.disconnect":
            return
        if self._session is None:
            sentence = "The fingerprint service is not running: the application's lifespan has not started it."
            await _refuse(send, RequestError(503, "not_started", sentence))
            return
        if (fault := fault_of(scope, path)) is not None:
            await _refuse(send, fault)
            return
        body = Body(first, receive)
        exchange = asyncio.create_task(self._exchange(self._session, scope, path, body, send))
        gone = asyncio.create_task(body.until_gone())
        try:
            await asyncio.wait({exchange, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_and_wait(gone)
            await cancel_and_wait(exchange)

    async def _exchange(
        self, session: aiohttp.ClientSession, scope: Scope, path: str, body: "Body", send: Send
    ) -> None:
        """Have the aiohttp application answer, and hand its answer on as it comes."""
        caller.set({"peername": scope.get("client"), "sslcontext": scope.get("scheme") == "https" or None})
        query = scope.get("query_string", b"").decode("latin-1")
        url = URL(f"http://{_NOBODY}{self.prefix}{path}{'?' if query else ''}{query}", encoded=True)
        headers = CIMultiDict((name.decode("latin-1"), _text(value)) for name, value in scope["headers"])
        for name in _OF_THE_CONNECTION:
            headers.popall(name, None)
        begun = False
        try:
            async with session.request(
                scope["method"], url, headers=headers, data=body.data(), allow_redirects=False, expect100=body.awaited
            ) as response:
                begun = True
                await send({"type": "http.response.start", "status": response.status, "headers": _headers(response)})
                async for chunk in response.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, UnicodeEncodeError) as error:
            if begun:  # an answer cut short must look like one: the host's server sees that its end is missing
                log.debug("an answer ended early: %s", error)
            elif isinstance(error, UnicodeEncodeError | aiohttp.InvalidURL):
                await _refuse(send, RequestError(400, "bad_request", "The request holds characters that are none."))
            else:
                await _refuse(send, RequestError(503, "no_answer", "The fingerprint service did not answer."))


class Middleware:
    """An ASGI application with the plugin in front of it: asked first below its prefix, started and stopped with it.

    Parameters
    ----------
    app : ASGI application
        The host.
    plugin : Plugin, optional
        If not given, one is made of *given*, the arguments of ``Plugin``.
    """

    def __init__(self, app: ASGIApp, plugin: Plugin | None = None, **given: Any) -> None:
        self.app = app
        self.plugin = plugin or Plugin(**given)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer below the prefix, leave everything else to the host."""
        if scope["type"] == "lifespan":
            await _Lifespan(self.app, self.plugin, receive, send).run(scope)
            return
        prefix = self.plugin.prefix
        place = route_path(scope)
        if place != prefix and not place.startswith(f"{prefix}/"):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self.plugin.answer(scope, below(scope, scope.get("root_path", "") + prefix), receive, send)
        else:
            await self.plugin(scope, receive, send)


def setup(app: Any, settings: Settings | None = None, prefix: str = "/fingerprint", **given: Any) -> Plugin:
    """Mount the plugin into a FastAPI, Starlette or Quart application; it starts and stops with it.

    Parameters
    ----------
    app : application
        The host, not yet started. It finds the plugin again as ``app.state.auralis_fp``, or, in Quart, as
        ``app.extensions["auralis_fp"]``.
    settings, prefix, **given
        As for ``Plugin``.

    Returns
    -------
    Plugin
        Its ``service`` is for host code.

    Raises
    ------
    SettingsError
        A setting is unknown or bad.
    TypeError
        The application takes no middleware; wrap it in ``Middleware``.
    ValueError
        The prefix is not a path of at least one segment.

    Notes
    -----
    The plugin is asked before all routes of the host, catch-alls included, and before the middleware it has so far.
    A failure to start does not keep the host from starting: the prefix then answers 503 with the reason.
    """
    if hasattr(app, "add_middleware"):
        plugin = Plugin(settings, prefix, **given)
        app.add_middleware(Middleware, plugin=plugin)
        app.state.auralis_fp = plugin
    elif hasattr(app, "asgi_app"):
        plugin = Plugin(settings, prefix, **given)
        app.asgi_app = Middleware(app.asgi_app, plugin)
        app.extensions["auralis_fp"] = plugin
    else:
        raise TypeError(f"{type(app).__name__} takes no middleware; wrap it: auralis_fp.asgi.Middleware(app, ...)")
    return plugin


class _Lifespan:
    """The life of the plugin, tied to the host's: up before it, down after it; also for hosts that have none."""

    def __init__(self, app: ASGIApp, plugin: Plugin, receive: Receive, send: Send) -> None:
        self._app, self._plugin = app, plugin
        self._receive, self._send = receive, send
        self._begun = self._answered = False

    async def run(self, scope: Scope) -> None:
        """Live it."""
        try:
            try:
                await self._app(scope, self._from_server, self._to_server)
            except Exception as error:
                if self._answered:
                    raise
                log.debug("the application has no lifespan (%r): the plugin has one of its own", error)
            if not self._answered:
                await self._alone()
        finally:
            await self._plugin.__aexit__()

    async def _from_server(self) -> Message:
        message = await self._receive()
        if message["type"] == "lifespan.startup":
            self._begun = True
            await self._plugin.__aenter__()
        elif message["type"] == "lifespan.shutdown":
            self._plugin.service.stop_answering()
        return message

    async def _to_server(self, message: Message) -> None:
        self._answered = True
        if message["type"] != "lifespan.startup.complete":  # the host is down: shut down, or failed to start
            await self._plugin.__aexit__()
        await self._send(message)

    async def _alone(self) -> None:
        if not self._begun:
            await self._from_server()
        await self._send({"type": "lifespan.startup.complete"})
        await self._from_server()
        await self._plugin.__aexit__()
        await self._send({"type": "lifespan.shutdown.complete"})


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _headers(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer without those that belong to the connection or the server."""
    unwanted = _OF_THE_CONNECTION | _OF_THE_SERVER
    lowered = ((name.lower(), value) for name, value in response.raw_headers)
    return [(name, value) for name, value in lowered if name.decode("latin-1") not in unwanted]


async def _refuse(send: Send, error: RequestError) -> None:
    """Send the one shape of errors."""
    refused = error_answer(error)
    assert isinstance(refused.body, bytes)  # noqa: S101 - errors are short: never compressed
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in refused.headers.items()]
    headers.append((b"content-length", b"%d" % len(refused.body)))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})


@contextmanager
def _told_to_stop(stop_answering: Callable[[], None]) -> Iterator[None]:
    """End event streams as soon as uvicorn is told to stop: it waits for them before it tells the application."""
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
