"""Limits on event streams: in all, and by client. The oldest one makes room, so that no client is refused."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

MOST: Final = 1000
MOST_BY_CLIENT: Final = 600


class Streams:
    """The open streams, in the order in which they were opened.

    Parameters
    ----------
    most : int
        Streams in all.
    most_by_client : int
        Streams of one client.
    """

    def __init__(self, most: int = MOST, most_by_client: int = MOST_BY_CLIENT) -> None:
        self._most = most
        self._most_by_client = most_by_client
        self._open: dict[asyncio.Task[Any], str] = {}

    @contextmanager
    def opened(self, client: str, task: asyncio.Task[Any]) -> Iterator[None]:
        """Count a stream for the duration of the context. One too many ends the oldest of the client with the most.

        Parameters
        ----------
        client : str
        task : Task
            Sends the events; cancelled to end the stream.
        """
        clients = list(self._open.values())
        if clients.count(client) >= self._most_by_client:
            self._end_oldest(client)
        elif len(clients) >= self._most:
            self._end_oldest(max(set(clients), key=clients.count))
        self._open[task] = client
        try:
            yield
        finally:
            self._open.pop(task, None)

    def _end_oldest(self, client: str) -> None:
        task = next(task for task, each in self._open.items() if each == client)
        del self._open[task]
        task.cancel()
