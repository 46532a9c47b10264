"""Mounting the plugin into an ASGI application."""

from .plugin import Middleware, Plugin, setup

__all__ = ["Middleware", "Plugin", "setup"]
