"""The addresses of the plugin, all below the prefix its host chose."""

from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..engine.service import Service
from . import api, control, events, exports, files, metrics
from . import overview as survey
from . import static_files as page
from .app_keys import BATCHES, FIGURES, LIMITER, SERVICE
from .middleware.compression import encode
from .middleware.rate_limit import Limiter
from .middleware.request_id import add_id, identify
from .middleware.security import add_headers, guard
from .responses import errors_as_json
from .schemas import openapi

__all__ = ["SERVICE", "add_routes", "guarded", "middlewares", "share"]


def add_routes(plugin: web.Application) -> None:
    """Register every address, for the service that *plugin* holds."""
    share(plugin, plugin[SERVICE])
    plugin.add_routes(
        [
            web.post("", api.fingerprint),
            web.post("/", api.fingerprint),
            web.get("", page.to_page),
            web.post("/batch", api.batch),
            web.get("/health", api.health),
            web.get("/status", api.status),
            web.get("/events", events.events),
            web.get("/files", files.files),
            web.get(r"/files/{file_id:\d+}", files.file),
            web.get(r"/tracks/{track_id:\d+}", api.track),
            web.get("/queue", files.queue),
            web.get("/failures", files.failures),
            web.get("/failures.csv", exports.as_csv),
            web.get("/failures.json", exports.as_json),
            web.get("/points", survey.points),
            web.get("/throughput", survey.throughput),
            web.get("/cost", survey.cost),
            web.get("/dimensions", files.dimensions),
            web.post("/scan", control.scan),
            web.post("/pause", control.pause),
            web.post("/resume", control.resume),
            web.post("/retry", control.retry),
            web.post("/skip", control.skip),
            web.post("/cancel", control.cancel),
            web.post("/prioritise", control.prioritise),
            web.post("/reanalyse", control.reanalyse),
            web.post("/playing", control.playing),
            web.get("/metrics", metrics.metrics),
            web.get("/openapi.json", openapi.document),
            web.get("/", page.page),
            web.get(f"/{page.ASSET}", page.asset),
        ]
    )


def share(app: web.Application, service: Service) -> None:
    """Put into an application what every answer needs: the service, its limits and figures, and the headers."""
    app[SERVICE] = service
    app[FIGURES] = service.metrics
    app[BATCHES] = set()
    app[LIMITER] = Limiter(service.settings.request_rate)
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(add_id)


def guarded(handler: Handler) -> Handler:
    """Return a handler that lets through what the plugin's own addresses do, for addresses beside the plugin."""
    for middleware in reversed(middlewares()):
        handler = partial(middleware, handler=handler)
    return handler


def middlewares() -> list[Middleware]:
    """Return what every request passes, outermost first."""
    return [identify, guard, errors_as_json, encode]
