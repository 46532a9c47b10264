"""25-dimensional audio fingerprints of a music library, embedded in a web application.

``setup(app, settings)`` mounts the plugin into an aiohttp application. Modules that need aiohttp are imported on first
use; nothing numeric is imported into the host.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ._version import __version__

if TYPE_CHECKING:
    from . import errors
    from .app import create_app, service, setup
    from .settings import Settings

__all__ = ["Settings", "__version__", "create_app", "errors", "service", "setup"]

_HOMES: Final = {"Settings": "settings", "create_app": "app", "service": "app", "setup": "app"}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    if name == "errors":
        return import_module(".errors", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
