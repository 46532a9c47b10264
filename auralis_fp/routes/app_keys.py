"""Keys of the values that handlers find in the application."""

from typing import Final

from aiohttp import web

from ..engine.metrics import Metrics
from ..engine.service import Service
from .middleware.rate_limit import Limiter
from .middleware.streams import Streams

SERVICE: Final = web.AppKey("auralis_fp.service", Service)
METRICS: Final = web.AppKey("auralis_fp.metrics", Metrics)
BATCHES: Final = web.AppKey("auralis_fp.batches", set[int])  # ids of the batch requests in progress
OWN_USER_ONLY: Final = web.AppKey("auralis_fp.own_user_only", bool)  # set: others need the token
STREAMS: Final = web.AppKey("auralis_fp.streams", Streams)
LIMITER: Final = web.AppKey("auralis_fp.limiter", Limiter)


def service_of(request: web.Request) -> Service:
    """Return the service of the application."""
    return request.app[SERVICE]
