"""The player's own API in front of its router, behind its middleware: its rules for origins, hosts and rates apply."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from ..engine.service import Service
from ..routes import player
from ..runtime.serialization import to_json
from .request import ASGIApp, Receive, Scope, Send, route_path

_JSON: Final = (b"content-type", b"application/json")


class PlayerApi:
    """An ASGI application that answers the player's calls where the service can, and passes all others on.

    Parameters
    ----------
    app : ASGI application
        The host.
    service : Service
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the host do it."""
        reply = await self._reply(scope) if scope["type"] == "http" else None
        if reply is None:
            await self._app(scope, receive, send)
            return
        body = to_json(reply.body).encode("ascii")
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _reply(self, scope: Scope) -> player.Reply | None:
        path = route_path(scope)
        if not path.startswith("/api/") or not self._may_change(scope):
            return None
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        return await player.answer(self._service, scope["method"], path, query)

    def _may_change(self, scope: Scope) -> bool:
        """Return False for a change that a page of another origin asks for; a host without such a rule decides."""
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if scope["method"] == "GET" or not origin or origin in self._service.settings.allowed_origins:
            return True
        try:
            return urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")
        except ValueError:
            return False


def add_player_api(app: Any, service: Service) -> None:
    """Add the API to a Starlette or FastAPI application as the innermost middleware.

    Parameters
    ----------
    app : application
        Not yet started.
    service : Service
    """
    app.add_middleware(PlayerApi, service=service)
    app.user_middleware.append(app.user_middleware.pop(0))  # the outermost comes first
