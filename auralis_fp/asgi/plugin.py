"""The plugin for FastAPI, Starlette, Quart and other ASGI applications.

Requests are served by the aiohttp application in the host's process and event loop, through an in-memory transport.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any, Final, Self

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from .. import app as aiohttp_app
from ..engine.service import Service
from ..errors import RequestError
from ..routes.responses import error_answer
from ..runtime.tasks import cancel_and_wait
from ..settings import Settings
from .lifespan import Lifespan, closes_streams_on_signals
from .memory_transport import MemoryConnector, caller
from .player import PlayerApi, add_player_api
from .request import ASGIApp, Body, Receive, Scope, Send, announces_body, below, head_error, route_path

log = logging.getLogger(__name__)

STOP_LIMIT_SEC: Final = 1.0  # for open streams, when the host shuts down
_NO_HOST: Final = "plugin.invalid"  # the host name of requests without a Host header; never allowed
_CONNECTION_HEADERS: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
_SERVER_HEADERS: Final = frozenset({"date", "server"})  # the host's server adds its own
_NO_DEFAULTS: Final = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")  # defaults of the client
_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None)


class Plugin:
    """The plugin as an ASGI application, for a mount or for ``Middleware``.

    Parameters
    ----------
    settings : Settings, optional
        Default: read from *given*, the environment and ``auralis-fp.toml``.
    prefix : str
        Path at which ``Middleware`` serves it; a mount ignores it.
    **given
        Settings by name, when *settings* is not given.

    Raises
    ------
    SettingsError
        A setting is unknown or invalid.
    ValueError
        The prefix is not a path of at least one segment.

    Notes
    -----
    The plugin runs inside ``async with plugin``. ``Middleware`` enters it in the host's lifespan; with a mount, the
    host's own lifespan must. Until then every response is 503 ``not_started``.
    """

    def __init__(self, settings: Settings | None = None, prefix: str = "/fingerprint", **given: Any) -> None:
        self.app = web.Application()
        aiohttp_app.setup(self.app, settings, prefix=prefix, **given)
        self.prefix = prefix.rstrip("/")
        self._running: AsyncExitStack | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def service(self) -> Service:
        """The service, for host code."""
        return aiohttp_app.service(self.app)

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
                timeout=_NO_TIMEOUT,
                skip_auto_headers=_NO_DEFAULTS,
            )
            stack.push_async_callback(self._session.close)
            stack.enter_context(closes_streams_on_signals(self.service.stop_answering))
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        stack, self._running, self._session = self._running, None, None
        if stack is not None:
            await stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request below the mount point."""
        if scope["type"] == "websocket":  # not supported
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self.answer(scope, below(scope, scope.get("root_path", "")), receive, send)
        else:
            raise RuntimeError(f"the fingerprint plugin does not support ASGI scope {scope['type']!r}")

    async def answer(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        """Serve an HTTP request.

        Parameters
        ----------
        scope, receive, send
            As in ASGI.
        path : str
            Below the prefix, percent-encoded.
        """
        first = None if announces_body(scope) else await receive()
        if first is not None and first["type"] == "http.disconnect":
            return
        if self._session is None:
            sentence = "The fingerprint service is not running: the application's lifespan has not started it."
            await _refuse(send, RequestError(503, "not_started", sentence))
            return
        if (error := head_error(scope, path)) is not None:
            await _refuse(send, error)
            return
        body = Body(first, receive)
        exchange = asyncio.create_task(self._exchange(self._session, scope, path, body, send))
        gone = asyncio.create_task(body.until_disconnect())
        try:
            await asyncio.wait({exchange, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_and_wait(gone)
            await cancel_and_wait(exchange)

    async def _exchange(
        self, session: aiohttp.ClientSession, scope: Scope, path: str, body: "Body", send: Send
    ) -> None:
        """Forward the request to the aiohttp application, and its response to the client."""
        peer, own, secure = scope.get("client"), scope.get("server"), scope.get("scheme") == "https" or None
        caller.set({"peername": peer, "sockname": own, "sslcontext": secure})
        query = scope.get("query_string", b"").decode("latin-1")
        url = URL(f"http://{_NO_HOST}{self.prefix}{path}{'?' if query else ''}{query}", encoded=True)
        headers = CIMultiDict((name.decode("latin-1"), _text(value)) for name, value in scope["headers"])
        for name in _CONNECTION_HEADERS:
            headers.popall(name, None)
        started = False
        try:
            async with session.request(
                scope["method"], url, headers=headers, data=body.data(), allow_redirects=False, expect100=body.awaited
            ) as response:
                started = True
                await send({"type": "http.response.start", "status": response.status, "headers": _headers(response)})
                async for chunk in response.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, UnicodeEncodeError) as error:
            if started:  # the missing end tells the host's server that the response is incomplete
                log.debug("a response was aborted: %s", error)
            elif isinstance(error, UnicodeEncodeError | aiohttp.InvalidURL):
                await _refuse(send, RequestError(400, "bad_request", "The request contains invalid characters."))
            else:
                await _refuse(send, RequestError(503, "no_answer", "The fingerprint service did not answer."))


class Middleware:
    """An ASGI application with the plugin in front of it. The plugin serves its prefix and shares the host's lifespan.

    Parameters
    ----------
    app : ASGI application
        The host.
    plugin : Plugin, optional
        Default: created from *given*, the arguments of ``Plugin``.
    """

    def __init__(self, app: ASGIApp, plugin: Plugin | None = None, **given: Any) -> None:
        self.app = app
        self.plugin = plugin or Plugin(**given)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve requests below the prefix; pass all others to the host."""
        if scope["type"] == "lifespan":
            await Lifespan(self.app, self.plugin, self.plugin.service.stop_answering, receive, send).run(scope)
            return
        prefix = self.plugin.prefix
        place = route_path(scope)
        if place != prefix and not place.startswith(f"{prefix}/"):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self.plugin.answer(scope, below(scope, scope.get("root_path", "") + prefix), receive, send)
        else:
            await self.plugin(scope, receive, send)


def setup(
    app: Any,
    settings: Settings | None = None,
    prefix: str = "/fingerprint",
    *,
    player_api: bool = False,
    **given: Any,
) -> Plugin:
    """Add the plugin to a FastAPI, Starlette or Quart application; it starts and stops with the host.

    Parameters
    ----------
    app : application
        The host, not yet started. The plugin is stored as ``app.state.auralis_fp``, or in Quart as
        ``app.extensions["auralis_fp"]``.
    settings, prefix, **given
        As for ``Plugin``.
    player_api : bool
        Answer the calls that the player's web interface makes to its own backend; needs ``host_database``.

    Returns
    -------
    Plugin
        Host code uses its ``service``.

    Raises
    ------
    SettingsError
        A setting is unknown or invalid.
    TypeError
        The application does not support middleware; wrap it in ``Middleware``.
    ValueError
        The prefix is not a path of at least one segment.

    Notes
    -----
    The plugin precedes all routes of the host, catch-all routes included, and all middleware added before.
    If the service cannot start, the host still does: the prefix then answers 503 with the reason.
    """
    if hasattr(app, "add_middleware"):
        plugin = Plugin(settings, prefix, **given)
        if player_api:
            add_player_api(app, plugin.service)
        app.add_middleware(Middleware, plugin=plugin)
        app.state.auralis_fp = plugin
    elif hasattr(app, "asgi_app"):
        plugin = Plugin(settings, prefix, **given)
        host = PlayerApi(app.asgi_app, plugin.service) if player_api else app.asgi_app
        app.asgi_app = Middleware(host, plugin)
        app.extensions["auralis_fp"] = plugin
    else:
        raise TypeError(
            f"{type(app).__name__} does not support middleware; wrap it: auralis_fp.asgi.Middleware(app, ...)"
        )
    return plugin


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _headers(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response without those of the connection and the server."""
    unwanted = _CONNECTION_HEADERS | _SERVER_HEADERS
    lowered = ((name.lower(), value) for name, value in response.raw_headers)
    return [(name, value) for name, value in lowered if name.decode("latin-1") not in unwanted]


async def _refuse(send: Send, error: RequestError) -> None:
    """Send an error response."""
    refused = error_answer(error)
    assert isinstance(refused.body, bytes)  # noqa: S101 - errors are short: never compressed
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in refused.headers.items()]
    headers.append((b"content-length", b"%d" % len(refused.body)))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})
