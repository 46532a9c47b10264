"""Serve an aiohttp application from the command line: bind, print the address, stop cleanly."""

import asyncio
import contextlib
import errno
import socket
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from ..app import service
from ..errors import AuralisError
from ..routes.events import events
from .connections import ConnectionLimits, most_connections
from .output import announce
from .signals import interruption

BACKLOG: Final = 128  # connections that wait to be accepted
LOOPBACK: Final = ("127.0.0.1", "::1")
STOP_LIMIT_SEC: Final = 1.0  # for open streams on shutdown
IDLE_LIMIT_SEC: Final = 60.0  # for the complete head of the next request of a connection


class ServeError(AuralisError):
    """The server cannot start; the message states the reason."""


async def serve(app: web.Application, place: int | Path, *, greeting: Sequence[str], page: str, browser: bool) -> None:
    """Serve an application until a signal (Ctrl-C, SIGTERM).

    Parameters
    ----------
    app : web.Application
        Contains the plugin.
    place : int or Path
        Port on the loopback addresses, 0 for a free one; or the path of a Unix socket.
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
    sockets = bind(place) if isinstance(place, int) else [bind_unix(place)]  # a second instance must fail here
    most = most_connections()
    limits = ConnectionLimits(most, endless=(events,))
    app.middlewares.insert(0, limits.count)
    runner = make_runner(app)
    stop, loop, servers = asyncio.Event(), asyncio.get_running_loop(), list[asyncio.Server]()
    with contextlib.ExitStack() as closing:
        for bound in sockets:
            closing.callback(bound.close)
        try:
            await runner.setup()
            fault = service(app).fault
            if fault is not None:
                raise ServeError(fault)
            assert runner.server is not None  # noqa: S101 - setup() made it
            for bound in sockets:
                factory = limits.factory(runner.server)
                servers.append(await loop.create_server(factory, sock=bound, backlog=most // 4))  # accepted at once
                bound.listen(BACKLOG)
            if isinstance(place, int):
                url = f"http://localhost:{sockets[0].getsockname()[1]}{page}"
            else:
                url = f"unix:{place}"
                closing.callback(place.unlink, missing_ok=True)
            for line in greeting:
                announce(line.format(url=url))
            if browser and isinstance(place, int):
                await asyncio.to_thread(webbrowser.open, url)
            with interruption.calls(lambda: loop.call_soon_threadsafe(stop.set)):
                await stop.wait()
            announce("\nStopping ...", sys.stderr)
        finally:
            for server in servers:
                server.close()
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


def bind_unix(path: Path) -> socket.socket:
    """Bind a Unix socket, in place of one that a program has left behind. The kernel tells who connects to it.

    Raises
    ------
    ServeError
        Another program listens there, or the path cannot be used.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise ServeError("this system has no Unix sockets; use --port")
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.ExitStack() as undo:
            undo.callback(listening.close)
            listening.bind(str(path))
            path.chmod(0o666)  # access is decided by the user who connects
            listening.listen(BACKLOG)
            listening.settimeout(0)
            undo.pop_all()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "another program listens there" if taken else error.strerror or str(error)
        raise ServeError(f"the socket {path} cannot be used: {reason}") from error
    return listening


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    candidate = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.ExitStack() as undo:
        undo.callback(candidate.close)
        if sys.platform != "win32":  # on Windows it would let two programs share the port
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            candidate.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        candidate.bind(address)
        candidate.listen(BACKLOG)
        candidate.settimeout(0)
        undo.pop_all()
    return candidate


def _bind_problem(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} requires privileges; choose one above 1023 with --port"
    return f"port {port} cannot be used: {error.strerror}"
