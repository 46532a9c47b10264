"""``serve``: a standalone server with the plugin."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from aiohttp import web

from ..app import service, setup
from ..routes import OWN_USER_ONLY, errors_as_json, guarded, share
from ..routes.api import health_response
from ..settings import Settings
from .server import serve

PREFIX: Final = "/fingerprint"


async def serve_alone(settings: Settings, place: int | Path) -> int:
    """Serve the plugin at ``/fingerprint`` and its health at ``/health``, until stopped.

    Parameters
    ----------
    settings : Settings
    place : int or Path
        Port, 0 for a free one; or the path of a Unix socket.

    Returns
    -------
    int
        Exit code, 0.
    """
    if settings.libraries:
        scope = "Music folders: " + ", ".join(map(str, settings.libraries))
    else:
        scope = "No --library given: all readable audio files can be requested, by your own programs only."
    greeting = (f"Listening on {{url}} (POST {PREFIX}, GET /health)", scope, "Stop with Ctrl-C.")
    await serve(create_server(settings), place, greeting=greeting, page="", browser=False)
    return 0


def create_server(settings: Settings) -> web.Application:
    """Return the application of ``serve``: the plugin, and its health also at ``/health``."""
    app = web.Application(middlewares=[errors_as_json])
    any_path = not settings.libraries and not settings.allow_any_path
    plugin = setup(app, replace(settings, allow_any_path=True) if any_path else settings, prefix=PREFIX)
    share(app, service(plugin))  # for the guarded route outside the plugin
    if any_path:  # no folder was chosen: the files of the user are not for others
        app[OWN_USER_ONLY] = plugin[OWN_USER_ONLY] = True

    async def root_health(_: web.Request) -> web.StreamResponse:
        return health_response(service(plugin))

    app.router.add_get("/health", guarded(root_health))
    return app
