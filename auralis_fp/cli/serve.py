"""``serve``: the founding server's addresses, answered by the plugin."""

from dataclasses import replace
from typing import Final

from aiohttp import web

from ..app import service, setup
from ..routes import SERVICE, add_headers, middlewares
from ..routes.api import health_of
from ..settings import Settings
from .server import serve

PREFIX: Final = "/fingerprint"


async def serve_alone(settings: Settings, port: int) -> int:
    """Serve the plugin at ``/fingerprint`` and its health at ``/health``, until stopped."""
    if settings.libraries:
        scope = "Music folders: " + ", ".join(map(str, settings.libraries))
    else:
        scope = "No --library given: any readable audio file of this machine is answered for, to this machine only."
        settings = replace(settings, allow_any_path=True)  # the listener is loopback only
    greeting = (f"Listening on {{url}} (POST {PREFIX}, GET /health)", scope, "Stop with Ctrl-C.")
    await serve(create_server(settings), port, greeting=greeting, page="", browser=False)
    return 0


def create_server(settings: Settings) -> web.Application:
    """Return the application that ``serve`` runs: the plugin, and its health once more at ``/health``."""
    app = web.Application()
    plugin = setup(app, settings, prefix=PREFIX)
    app[SERVICE] = plugin[SERVICE]  # for the headers of answers that are the plugin's nowhere

    async def root_health(_: web.Request) -> web.StreamResponse:
        return health_of(service(plugin))

    beside = web.Application(middlewares=middlewares())  # guarded like the plugin's own addresses
    beside[SERVICE] = plugin[SERVICE]
    beside.router.add_get("", root_health)
    app.add_subapp("/health", beside)
    app.on_response_prepare.append(add_headers)
    return app
