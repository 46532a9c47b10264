"""Middlewares of all requests."""
