"""What handlers find in the application."""

from typing import Final

from aiohttp import web

from ..core import Service

SERVICE: Final = web.AppKey("auralis_fp.service", Service)


def service_of(request: web.Request) -> Service:
    """Return the service that answers *request*."""
    return request.app[SERVICE]
