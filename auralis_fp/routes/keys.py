"""What handlers find in the application."""

from typing import Final

from aiohttp import web

from ..core import Service
from ..figures import Figures
from .limits import Limiter

SERVICE: Final = web.AppKey("auralis_fp.service", Service)
FIGURES: Final = web.AppKey("auralis_fp.figures", Figures)
BATCHES: Final = web.AppKey("auralis_fp.batches", set[int])  # the requests under way
LIMITER: Final = web.AppKey("auralis_fp.limiter", Limiter)


def service_of(request: web.Request) -> Service:
    """Return the service that answers *request*."""
    return request.app[SERVICE]
