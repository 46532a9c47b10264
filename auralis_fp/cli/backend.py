"""``launch-auralis-web.py --auralis``: the backend of an Auralis checkout, unmodified, with the plugin in it."""

import asyncio
import importlib
import os
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ..asgi.plugin import Middleware, Plugin
from ..settings import Settings
from .server import ServeError
from .signals import ending

PREFIX: Final = "/fingerprint"
DEFAULT_PORT: Final = 8765  # of the backend; its frontend asks there
BACKEND: Final = Path("auralis-web", "backend")
HOST_DATABASE: Final = Path(".auralis", "library.db")  # below the home folder


def run_backend(checkout: Path, settings: Settings, port: int, *, dev: bool, browser: bool) -> int:
    """Run the backend until it is told to stop, as its own launcher does, on the same address.

    Parameters
    ----------
    checkout : Path
        Top folder of the checkout.
    settings : Settings
        If they name no host database, the player's own is read where there is one.
    port : int
    dev : bool
        Its development mode. The frontend's development server is not started.
    browser : bool
        Open the status page.

    Raises
    ------
    ServeError
        There is no backend, or it cannot be imported.
    """
    database = Path.home() / HOST_DATABASE
    if settings.host_database is None and database.is_file():
        settings = replace(settings, host_database=database)
    if port not in (0, DEFAULT_PORT):
        print(f"The Auralis frontend asks at port {DEFAULT_PORT}; it will not find port {port}.", file=sys.stderr)
    plugin = Plugin(settings, PREFIX)
    app = load_backend(checkout, dev=dev)
    return _run(Middleware(app, plugin), port, browser=browser)


def load_backend(checkout: Path, *, dev: bool) -> Any:
    """Import the backend as if it had been started in its own folder, and return its application.

    Raises
    ------
    ServeError
        It is not there, or cannot be imported.
    """
    top = checkout.resolve()
    backend = top / BACKEND
    if not (backend / "main.py").is_file():
        raise ServeError(f"there is no {BACKEND / 'main.py'} in {checkout}; --auralis takes the top of a checkout")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(top), os.environ.get("PYTHONPATH", "")]))
    if dev:
        os.environ["AURALIS_DEV_MODE"] = "1"
    os.chdir(backend)
    sys.path[:0] = [str(backend), str(top)]
    sys.argv = [str(backend / "main.py")]
    try:
        return importlib.import_module("main").app
    except (ImportError, AttributeError) as error:
        raise ServeError(f"the backend cannot be imported in this Python environment: {error}") from error


def _run(app: Middleware, port: int, *, browser: bool) -> int:
    import uvicorn  # noqa: PLC0415 - the backend's own requirement, not ours

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            """Tell the address once it is listened on."""
            await super().startup(sockets)
            if self.started:
                url = f"http://localhost:{self.servers[0].sockets[0].getsockname()[1]}"
                print(f"Auralis is running: {url}/, status page: {url}{PREFIX}/\nStop with Ctrl-C.", flush=True)
                if app.plugin.service.fault is not None:
                    print(app.plugin.service.fault, file=sys.stderr, flush=True)
                if browser:
                    await asyncio.to_thread(webbrowser.open, f"{url}{PREFIX}/")

    server = Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="info"))

    def stop() -> None:
        """Have it stop; uvicorn hands on the signals it took itself, too, when everything is stopped."""
        server.should_exit = True

    with ending.leads_to(stop):
        server.run()
    ending.conclude()
    return 0 if server.started else 1
