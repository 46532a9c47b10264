"""``serve``: the founding server's addresses, answered by the plugin."""

from typing import Final

from aiohttp import web

from ..app import setup
from ..routes.health import health
from ..settings import Settings
from .server import serve

PREFIX: Final = "/fingerprint"


async def serve_alone(settings: Settings, port: int) -> int:
    """Serve the plugin at ``/fingerprint`` and its health at ``/health``, until stopped."""
    app = web.Application()
    plugin = setup(app, settings, prefix=PREFIX)

    async def root_health(request: web.Request) -> web.StreamResponse:
        return health(plugin, request)

    app.router.add_get("/health", root_health)
    if settings.libraries:
        scope = "Music folders: " + ", ".join(map(str, settings.libraries))
    else:
        scope = "No --library given: any readable audio file of this machine is answered for, to this machine only."
    greeting = (f"Listening on {{url}} (POST {PREFIX}, GET /health)", scope, "Stop with Ctrl-C.")
    await serve(app, port, greeting=greeting, page="", browser=False)
    return 0
