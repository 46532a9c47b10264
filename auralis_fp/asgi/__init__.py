"""The plugin for ASGI applications."""

from .plugin import Middleware, Plugin, setup

__all__ = ["Middleware", "Plugin", "setup"]
