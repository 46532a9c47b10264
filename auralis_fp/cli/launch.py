"""``launch-auralis-web.py``: a minimal Auralis web host with the plugin mounted."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from .._version import __version__
from ..app import setup
from ..settings import Settings, load_server_settings
from .arguments import add_launch, add_verbosity, add_version, settings_given
from .backend import PREFIX, run_backend
from .running import rebuild, report_errors, run_command, set_up_logging
from .server import serve

DEV_SERVER_PORTS: Final = (*range(3000, 3007), 5173)  # of the frontend's development server; 5173 is Vite's default


def main(argv: Sequence[str] | None = None) -> int:
    """Run the launcher; see ``--help``."""
    parser = argparse.ArgumentParser(
        prog="launch-auralis-web.py", description="Start the Auralis web host with the fingerprint plugin."
    )
    add_version(parser)
    add_launch(parser)
    add_verbosity(parser)
    return report_errors(parser.prog, lambda: start(parser.prog, parser.parse_args(argv)))


def start(program: str, arguments: argparse.Namespace) -> int:
    """Run the host, or with ``--auralis`` the backend of a checkout; errors are reported in the name of *program*."""
    set_up_logging(verbose=arguments.verbose)
    if arguments.auralis is None:
        return run_command(program, lambda: launch(arguments))
    return report_errors(program, lambda: _launch_backend(arguments))


def _launch_backend(arguments: argparse.Namespace) -> int:
    """Run the backend of a checkout of Auralis with the plugin."""
    settings, browser = gather(arguments), not arguments.no_browser
    if arguments.rebuild:
        asyncio.run(rebuild(settings))
    return run_backend(arguments.auralis, settings, arguments.port, dev=arguments.dev, browser=browser)


async def launch(arguments: argparse.Namespace) -> int:
    """Load the settings, create the host, and serve it until stopped."""
    settings = gather(arguments)
    if arguments.rebuild:
        await rebuild(settings)
    folders = ", ".join(map(str, settings.libraries)) or "none; add one with --library"
    greeting = ("Auralis is running, status page: {url}", f"Music folders: {folders}", "Stop with Ctrl-C.")
    await serve(
        create_host(settings),
        arguments.socket or arguments.port,
        greeting=greeting,
        page=f"{PREFIX}/",
        browser=not arguments.no_browser,
    )
    return 0


def gather(arguments: argparse.Namespace) -> Settings:
    """Load the settings; ``--dev`` adds the origins of the development server."""
    settings = load_server_settings(settings_given(arguments))
    if arguments.dev:
        settings = replace(settings, allowed_origins=settings.allowed_origins + development_origins())
    return settings


def development_origins() -> tuple[str, ...]:
    """Return the origins of the frontend's development server."""
    return tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in DEV_SERVER_PORTS)


def create_host(settings: Settings) -> web.Application:
    """Return the host application with the plugin mounted."""
    host = web.Application()
    host.router.add_get("/", _home)
    host.router.add_get("/api/health", _health)
    host.router.add_get("/api/version", _version)
    setup(host, settings, prefix=PREFIX)
    return host


async def _home(_: web.Request) -> web.Response:
    raise web.HTTPFound(f".{PREFIX}/")


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "healthy", "auralis_available": True})


async def _version(_: web.Request) -> web.Response:
    body: dict[str, Any] = {"version": __version__}
    return web.json_response(body)
