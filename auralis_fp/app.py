"""Mount the plugin into an aiohttp application."""

import logging
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from .engine.service import Service
from .routes import SERVICE, add_routes, middlewares
from .settings import Settings, load_settings

log = logging.getLogger(__name__)

_PLUGINS: Final = web.AppKey("auralis_fp.plugins", dict[str, web.Application])


def setup(
    app: web.Application, settings: Settings | None = None, prefix: str = "/fingerprint", **given: Any
) -> web.Application:
    """Mount the plugin into *app*; it starts and stops with it.

    Parameters
    ----------
    app : web.Application
        The host, not yet started.
    settings : Settings, optional
        Default: read from *given*, the environment and ``auralis-fp.toml``.
    prefix : str
        Path of the plugin, such as ``/fingerprint``.
    **given
        Settings by name, when *settings* is not given.

    Returns
    -------
    web.Application
        The mounted sub-application.

    Raises
    ------
    SettingsError
        A setting is unknown or invalid.
    ValueError
        The prefix is not a path of at least one segment, or another plugin uses it.

    Notes
    -----
    If the service cannot start, the host still does: the prefix then answers 503 with the reason.
    """
    if not prefix.startswith("/") or not prefix.strip("/"):
        raise ValueError(f"the prefix must be a path such as /fingerprint, not {prefix!r}")
    place = prefix.rstrip("/")
    mounted = app.setdefault(_PLUGINS, {})
    if place in mounted:
        raise ValueError(f"another fingerprint plugin is already mounted at {place}")
    plugin = create_app(settings or load_settings(given))
    app.add_subapp(place, plugin)
    mounted[place] = plugin
    return plugin


def create_app(settings: Settings) -> web.Application:
    """Return the plugin as a standalone application."""
    plugin = web.Application(middlewares=middlewares())
    plugin[SERVICE] = Service(settings)
    plugin.cleanup_ctx.append(_run_service)
    plugin.on_shutdown.append(_stop_answering)
    add_routes(plugin)
    return plugin


def service(app: web.Application, prefix: str | None = None) -> Service:
    """Return the service of the plugin mounted in *app*, or of the plugin *app* itself.

    Parameters
    ----------
    app : web.Application
    prefix : str, optional
        Selects one of several plugins.

    Raises
    ------
    LookupError
        No plugin is mounted at *prefix*, or *prefix* is not given and there is not exactly one.
    """
    if SERVICE in app and prefix is None:
        return app[SERVICE]
    mounted = app.get(_PLUGINS, {})
    if prefix is not None and prefix.rstrip("/") in mounted:
        return mounted[prefix.rstrip("/")][SERVICE]
    if prefix is None and len(mounted) == 1:
        return next(iter(mounted.values()))[SERVICE]
    places = ", ".join(mounted) or "none"
    raise LookupError(f"no single fingerprint plugin at {prefix or 'an unspecified prefix'}; mounted here: {places}")


async def _run_service(plugin: web.Application) -> AsyncIterator[None]:
    """Run the service for the lifetime of the application."""
    async with plugin[SERVICE].running():
        yield


async def _stop_answering(plugin: web.Application) -> None:
    """Close event streams and cancel pending requests, so that the server can shut down."""
    plugin[SERVICE].stop_answering()
