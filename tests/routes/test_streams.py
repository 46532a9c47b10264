"""Limits on event streams."""

import asyncio
from contextlib import ExitStack

from auralis_fp.routes.middleware.streams import Streams


async def _forever() -> bool:
    return await asyncio.Event().wait()


async def test_the_oldest_stream_of_a_client_is_replaced() -> None:
    """At its own limit it is the client's; at that of all it is that of the client with the most."""
    streams = Streams(most=5, most_by_client=3)
    opened: list[tuple[str, asyncio.Task[bool]]] = []
    with ExitStack() as stack:
        for client in ("own", *["other"] * 4, "third", "fourth"):
            task: asyncio.Task[bool] = asyncio.create_task(_forever())
            stack.enter_context(streams.opened(client, task))
            opened.append((client, task))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        ended = [client for client, task in opened if task.cancelled()]
        assert ended == ["other", "other"]
        assert not opened[0][1].cancelled()
        for _, task in opened:
            task.cancel()
    with streams.opened("own", asyncio.create_task(asyncio.sleep(0))):
        pass
