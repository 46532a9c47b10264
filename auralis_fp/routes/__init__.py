"""The HTTP interface of the plugin, below the prefix the host chooses."""

from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..engine.service import Service
from . import api, static_files
from .app_keys import BATCHES, LIMITER, METRICS, OWN_USER_ONLY, SERVICE, STREAMS
from .middleware.compression import encode
from .middleware.rate_limit import Limiter
from .middleware.request_id import add_id, identify
from .middleware.security import add_headers, guard
from .middleware.streams import Streams
from .operations import OPERATIONS
from .page import page
from .responses import errors_as_json
from .schemas import openapi

__all__ = ["OWN_USER_ONLY", "SERVICE", "add_routes", "errors_as_json", "guarded", "middlewares", "share"]


def add_routes(plugin: web.Application) -> None:
    """Register all routes for the service in *plugin*."""
    share(plugin, plugin[SERVICE])
    plugin.add_routes(operation.route() for operation in OPERATIONS)
    plugin.add_routes(
        [
            web.post("/", api.fingerprint),
            web.get("/openapi.json", openapi.document),
            web.get("/", page),
            web.get(f"/{static_files.ASSET}", static_files.asset),
        ]
    )


def share(app: web.Application, service: Service) -> None:
    """Set up what the handlers and middlewares find in an application.

    Parameters
    ----------
    app : web.Application
    service : Service
    """
    app[SERVICE] = service
    app[METRICS] = service.metrics
    app[BATCHES] = set()
    app[STREAMS] = Streams()
    app[LIMITER] = Limiter(service.settings.request_rate)
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(add_id)


def guarded(handler: Handler) -> Handler:
    """Return *handler* wrapped in the plugin's middlewares, for a route outside the plugin."""
    for middleware in reversed(middlewares()):
        handler = partial(middleware, handler=handler)
    return handler


def middlewares() -> list[Middleware]:
    """Return the middlewares, outermost first."""
    return [identify, guard, errors_as_json, encode]
