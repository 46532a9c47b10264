"""Fixtures for tests of worker processes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.pool import WorkerPool
from auralis_fp.workers.protocol import Slot
from worker_slots import HOUR, silence


@pytest.fixture
def short(tmp_path: Path) -> bytes:
    """Return a file of four seconds."""
    return os.fsencode(silence(tmp_path / "short.wav", 4))


@pytest.fixture
def long(tmp_path: Path) -> bytes:
    """Return a file of three hours, which takes a while to analyse."""
    return os.fsencode(silence(tmp_path / "long.wav", 3 * HOUR))


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    """Yield a pool of one slot."""
    async with local_pool(Settings(workers=1)) as pool:
        yield pool


@pytest.fixture
async def slot(pool: WorkerPool) -> AsyncIterator[Slot]:
    """Yield its slot."""
    async with pool.lease() as slot:
        yield slot
