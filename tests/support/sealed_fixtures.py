"""Repeat in a sealed worker what the tests of decoders and tag readers do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auralis_fp.workers.handover import PASSES_DESCRIPTORS
from sealed_twin import SealedTwin, tasks_for


@pytest.fixture(scope="module")  # other tests count the workers of this process
def sealed_twin() -> Iterator[SealedTwin]:
    """Yield a sealed and another worker, started by the first file."""
    twin = SealedTwin()
    yield twin
    twin.end()


@pytest.fixture(autouse=True)
def same_in_the_seal(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the files of each test of decoders or tag readers read in a sealed and in another worker, and compare."""
    tasks = () if request.config.getoption("--one-way") else tasks_for(request.path)
    if not tasks or not PASSES_DESCRIPTORS or "tmp_path" not in request.fixturenames:
        yield
        return
    folder: Path = request.getfixturevalue("tmp_path")
    twin: SealedTwin = request.getfixturevalue("sealed_twin")
    yield
    twin.check(folder, tasks)
