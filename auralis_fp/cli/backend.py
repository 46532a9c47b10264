"""``launch-auralis-web.py --auralis``: the unmodified backend of an Auralis checkout with the plugin."""

import asyncio
import importlib
import logging
import os
import re
import sys
import threading
import tomllib
import webbrowser
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Final

from ..asgi.player import add_player_api
from ..asgi.plugin import Middleware, Plugin
from ..settings import Settings
from .arguments import HOST_PORT
from .output import announce
from .server import ServeError
from .signals import interruption

log = logging.getLogger(__name__)

STOP_LIMIT_SEC: Final = 1.5  # leaves time to end the process within two seconds
PREFIX: Final = "/fingerprint"
BACKEND: Final = Path("auralis-web", "backend")
HOST_DATABASES: Final = (  # in the home directory, by the version of the player
    Path(".auralis", "library.db"),
    Path("Music", "Auralis", "auralis_library.db"),
)


def run_backend(checkout: Path, settings: Settings, port: int, *, dev: bool, browser: bool) -> int:
    """Run the backend until stopped, like its own launcher and on the same address.

    Parameters
    ----------
    checkout : Path
        Top folder of the checkout.
    settings : Settings
        Without a host database, the player's own is used, and without libraries its music folders.
    port : int
    dev : bool
        Enable the development mode of the backend. The frontend's development server is not started.
    browser : bool
        Open the status page.

    Raises
    ------
    ServeError
        The backend does not exist or cannot be imported.
    """
    try:
        databases = tuple(Path.home() / place for place in HOST_DATABASES)
    except RuntimeError as error:
        raise ServeError("the home folder is unknown; the backend keeps its library there") from error
    if not settings.host_database:
        settings = replace(settings, host_database=databases)
    if port not in (0, HOST_PORT):
        print(f"The Auralis frontend connects to port {HOST_PORT}, not to port {port}.", file=sys.stderr)
    plugin = Plugin(settings, PREFIX)
    app = load_backend(checkout, dev=dev)
    add_player_api(app, plugin.service)
    return _run(Middleware(app, plugin), port, browser=browser)


def load_backend(checkout: Path, *, dev: bool) -> Any:
    """Import the backend as if started in its own directory, and return its application.

    Parameters
    ----------
    checkout : Path
        Top folder of the checkout.
    dev : bool
        Enable the development mode of the backend.

    Raises
    ------
    ServeError
        It does not exist or cannot be imported.
    """
    top = checkout.resolve()
    backend = top / BACKEND
    if not (backend / "main.py").is_file():
        raise ServeError(f"there is no {BACKEND / 'main.py'} in {checkout}; --auralis takes the top of a checkout")
    too_old = _python_too_old(top)
    if too_old:
        print(too_old, file=sys.stderr)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(top), os.environ.get("PYTHONPATH", "")]))
    if dev:
        os.environ["AURALIS_DEV_MODE"] = "1"
    os.chdir(backend)
    sys.path[:0] = [str(backend), str(top)]
    sys.argv = [str(backend / "main.py")]
    logging.getLogger("fastapi").setLevel(logging.CRITICAL)  # it logs what it raises
    try:
        importlib.import_module("uvicorn")
        return importlib.import_module("main").app
    except (Exception, SystemExit) as error:  # whatever a program does when it is imported
        log.debug("the backend cannot be imported", exc_info=True)
        raise ServeError(f"the backend cannot be imported in this Python environment: {_reason(error)}") from error
    finally:
        logging.getLogger("fastapi").setLevel(logging.NOTSET)


def _python_too_old(checkout: Path) -> str:
    """Return a sentence if this Python is older than the checkout's metadata asks for, or else an empty text."""
    try:
        project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
        wanted = re.search(r">=\s*(\d+)\.(\d+)", str(project["project"]["requires-python"]))
    except (OSError, ValueError, KeyError, TypeError):  # older versions have none
        return ""
    if wanted is None or sys.version_info[:2] >= (int(wanted[1]), int(wanted[2])):
        return ""
    running = ".".join(map(str, sys.version_info[:2]))
    return f"The player asks for Python {wanted[1]}.{wanted[2]} or newer; this is Python {running}, where it may fail."


def _reason(error: BaseException) -> str:
    """Return one line that says why a program cannot be imported."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"the package {error.name.partition('.')[0]} is missing"
    text = " ".join(next(iter(str(error).strip().splitlines()), "").split())
    if isinstance(error, SyntaxError):
        return f"{error.msg} in {Path(error.filename or '').name}, line {error.lineno}"
    if isinstance(error, ImportError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _run(app: Middleware, port: int, *, browser: bool) -> int:
    server = _server(app, port, browser=browser)

    def stop() -> None:
        """Stop the server; uvicorn raises the signals it caught again after the shutdown."""
        server.should_exit = True

    with interruption.calls(stop):
        server.run()
    if not server.started and interruption.received is None:
        print("The player did not start; its own messages say why.", file=sys.stderr)
    interruption.conclude()
    return 0 if server.started else 1


def _server(app: Middleware, port: int, *, browser: bool) -> Any:
    """Return a server that says where it listens, and ends when the player takes too long to stop."""
    import uvicorn  # a requirement of the backend, not of this package

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """Begin to stop, with a time limit."""
            super().handle_exit(sig, frame)
            limit = threading.Timer(STOP_LIMIT_SEC, _give_up, (128 + sig,))
            limit.daemon = True
            limit.start()

        async def shutdown(self, sockets: Any = None) -> None:
            """Stop the plugin first: the player may take longer than it gets."""
            await app.plugin.__aexit__()
            await super().shutdown(sockets)

        async def startup(self, sockets: Any = None) -> None:
            """Print the address once the server listens."""
            await super().startup(sockets)
            if self.started:
                url = f"http://localhost:{self.servers[0].sockets[0].getsockname()[1]}"
                announce(f"Auralis is running: {url}/, status page: {url}{PREFIX}/\nStop with Ctrl-C.")
                if app.plugin.service.fault is not None:
                    announce(app.plugin.service.fault, sys.stderr)
                if browser:
                    await asyncio.to_thread(webbrowser.open, f"{url}{PREFIX}/")

    return Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="info"))


def _give_up(code: int) -> None:
    """End the process: the player waits for work that it has begun, and its own launcher ends it too."""
    print(f"The player did not stop within {STOP_LIMIT_SEC:g} s and was ended.", file=sys.stderr, flush=True)
    os._exit(code)
