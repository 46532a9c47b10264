"""Serving an aiohttp application from the command line: bind, say so, stop cleanly."""

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
from .signals import ending

LOOPBACK: Final = ("127.0.0.1", "::1")
STOP_LIMIT_SEC: Final = 1.0  # for open streams, when told to stop
IDLE_LIMIT_SEC: Final = 60.0  # for a connection to bring the head of its next request, all of it


class ServeError(AuralisError):
    """The server cannot start; the sentence says why."""


async def serve(app: web.Application, port: int, *, greeting: Sequence[str], page: str, browser: bool) -> None:
    """Serve *app* on the loopback addresses until told to stop (Ctrl-C, SIGTERM).

    Parameters
    ----------
    app : web.Application
        With the plugin in it.
    port : int
        0 chooses a free one.
    greeting : sequence of str
        Lines printed once the server listens; ``{url}`` stands for its address.
    page : str
        Path of the page to open, such as ``/fingerprint/``.
    browser : bool
        Open the page in the user's browser.

    Raises
    ------
    ServeError
        The port is taken, or the plugin did not start.
    """
    sockets = bind(port)  # before anything else starts: a second copy must end here
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
            with ending.leads_to(lambda: loop.call_soon_threadsafe(stop.set)):
                await stop.wait()
            print("\nStopping ...", file=sys.stderr, flush=True)
        finally:
            await runner.cleanup()


def make_runner(app: web.Application) -> web.AppRunner:
    """Return what runs *app*; connections that ask nothing, or never finish asking, are closed after a while."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=STOP_LIMIT_SEC,
        keepalive_timeout=IDLE_LIMIT_SEC,
        auto_decompress=False,  # coded bodies are refused
    )


def bind(port: int) -> list[socket.socket]:
    """Bind the port on both loopback addresses, IPv6 only where the machine has it.

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
        if sys.platform != "win32":  # there it would let two programs share the port
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            candidate.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        candidate.bind(address)
        candidate.listen(128)
        candidate.setblocking(False)  # noqa: FBT003 - the standard library asks for it so
        undo.pop_all()
    return candidate


def _bind_problem(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights this user does not have; choose one above 1023 with --port"
    return f"port {port} cannot be used: {error.strerror}"
