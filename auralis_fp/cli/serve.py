"""``serve``: a standalone server with the plugin."""

from dataclasses import replace
from typing import Final

from aiohttp import web

from ..app import service, setup
from ..routes import errors_as_json, guarded, share
from ..routes.api import health_response
from ..settings import Settings
from .server import serve

PREFIX: Final = "/fingerprint"


async def serve_alone(settings: Settings, port: int) -> int:
    """Serve the plugin at ``/fingerprint`` and its health at ``/health``, until stopped.

    Parameters
    ----------
    settings : Settings
    port : int
        0 selects a free port.

    Returns
    -------
    int
        Exit code, 0.
    """
    if settings.libraries:
        scope = "Music folders: " + ", ".join(map(str, settings.libraries))
    else:
        scope = "No --library given: all readable audio files of this machine can be requested, from this machine only."
        settings = replace(settings, allow_any_path=True)  # the listener is loopback only
    greeting = (f"Listening on {{url}} (POST {PREFIX}, GET /health)", scope, "Stop with Ctrl-C.")
    await serve(create_server(settings), port, greeting=greeting, page="", browser=False)
    return 0


def create_server(settings: Settings) -> web.Application:
    """Return the application of ``serve``: the plugin, and its health also at ``/health``."""
    app = web.Application(middlewares=[errors_as_json])
    plugin = setup(app, settings, prefix=PREFIX)
    share(app, service(plugin))  # for the guarded route outside the plugin

    async def root_health(_: web.Request) -> web.StreamResponse:
        return health_response(service(plugin))

    app.router.add_get("/health", guarded(root_health))
    return app
