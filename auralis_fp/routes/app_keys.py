"""What handlers find in the application."""

from typing import Final

from aiohttp import web

from ..engine.metrics import Metrics
from ..engine.service import Service
from .middleware.rate_limit import Limiter

SERVICE: Final = web.AppKey("auralis_fp.service", Service)
FIGURES: Final = web.AppKey("auralis_fp.engine.metrics", Metrics)
BATCHES: Final = web.AppKey("auralis_fp.batches", set[int])  # the requests under way
LIMITER: Final = web.AppKey("auralis_fp.limiter", Limiter)


def service_of(request: web.Request) -> Service:
    """Return the service that answers *request*."""
    return request.app[SERVICE]
