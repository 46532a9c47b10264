"""Serve an aiohttp application from the command line: bind, print the address, stop cleanly."""

import asyncio
import contextlib
import errno
import socket
import sys
import webbrowser
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from ..app import service
from ..errors import AuralisError
from .signals import interruption

LOOPBACK: Final = ("127.0.0.1", "::1")
STOP_LIMIT_SEC: Final = 1.0  # for open streams on shutdown
IDLE_LIMIT_SEC: Final = 60.0  # for the complete head of the next request of a connection


class ServeError(AuralisError):
    """The server cannot start; the message states the reason."""


async def serve(app: web.Application, port: int, *, greeting: Sequence[str], page: str, browser: bool) -> None:
    """Serve an application on the loopback addresses until a signal (Ctrl-C, SIGTERM).

    Parameters
    ----------
    app : web.Application
        Contains the plugin.
    port : int
        0 selects a free port.
    greeting : sequence of str
        Lines printed once the server listens; ``{url}`` is replaced by its address.
    page : str
        Path of the page to open, such as ``/fingerprint/``.
    browser : bool
        Open the page in the user's browser.

    Raises
    ------
    ServeError
        The port is taken, or the plugin did not start.
    """
    sockets = bind(port)  # first: a second instance must fail here
    runner = make_runner(app)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with contextlib.ExitStack() as closing:
        for bound in sockets:
            closing.callback(bound.close)
        try:
            await runner.setup()
            fault = service(app).fault
            if fault is not None:
                raise ServeError(fault)
            for bound in sockets:
                await web.SockSite(runner, bound).start()
            url = f"http://localhost:{sockets[0].getsockname()[1]}{page}"
            for line in greeting:
                print(line.format(url=url), flush=True)
            if browser:
                await asyncio.to_thread(webbrowser.open, url)
            with interruption.calls(lambda: loop.call_soon_threadsafe(stop.set)):
                await stop.wait()
            print("\nStopping ...", file=sys.stderr, flush=True)
        finally:
            await runner.cleanup()


def make_runner(app: web.Application) -> web.AppRunner:
    """Return the runner of an application; idle connections and incomplete requests time out."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=STOP_LIMIT_SEC,
        keepalive_timeout=IDLE_LIMIT_SEC,
        auto_decompress=False,  # bodies with a content encoding are rejected
    )


def bind(port: int) -> list[socket.socket]:
    """Bind a port on the loopback addresses; IPv6 is optional.

    Raises
    ------
    ServeError
        The port is taken or not allowed.
    """
    bound: list[socket.socket] = []
    with contextlib.ExitStack() as undo:
        for host in LOOPBACK:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                bound.append(_listen(family, (host, bound[0].getsockname()[1] if bound else port)))
            except OSError as error:
                if family == socket.AF_INET6 and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    break
                raise ServeError(_bind_problem(port, error)) from error
            undo.callback(bound[-1].close)
        undo.pop_all()
    return bound


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    candidate = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.ExitStack() as undo:
        undo.callback(candidate.close)
        if sys.platform != "win32":  # on Windows it would let two programs share the port
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            candidate.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        candidate.bind(address)
        candidate.listen(128)
        candidate.settimeout(0)
        undo.pop_all()
    return candidate


def _bind_problem(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} requires privileges; choose one above 1023 with --port"
    return f"port {port} cannot be used: {error.strerror}"
