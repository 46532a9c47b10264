"""Asyncio building blocks without knowledge of music."""
