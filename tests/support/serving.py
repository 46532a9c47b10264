"""A service without a host, and waiting for its counts."""

import asyncio
from typing import Any

from auralis_fp.engine.service import Service
from patience import LIMIT_SEC


async def until_counts(service: Service, limit_sec: float = LIMIT_SEC, **expected: int) -> dict[str, Any]:
    """Wait until the status has left ``starting`` and the counts, also of unconfirmed results, are as expected."""
    async with asyncio.timeout(limit_sec):
        while True:
            status = await service.status()
            counts = {**status["counts"], "unconfirmed": status["unconfirmed"]}
            if status["state"] != "starting" and expected.items() <= counts.items():
                return status
            await asyncio.sleep(0.02)
