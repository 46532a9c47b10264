"""Batches in which a bad item costs only itself."""

from collections.abc import Sequence

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.runtime.batches import isolate


class Sink:
    """Takes numbers in batches, but refuses a batch that contains a bad one."""

    def __init__(self, *bad: int, error: Exception) -> None:
        self.bad = set(bad)
        self.error = error
        self.taken: list[int] = []

    async def take(self, numbers: Sequence[int]) -> None:
        """Take a batch as a whole or not at all."""
        if self.bad & set(numbers):
            raise self.error
        self.taken += numbers


@pytest.mark.parametrize("bad", [(0,), (99,), (3, 4), (0, 50, 99), tuple(range(1, 100))])
@pytest.mark.parametrize("error", [OverflowError("too large"), StorageError("storage_failed", "constraint failed")])
async def test_all_but_the_culprits_go_through(bad: tuple[int, ...], error: Exception) -> None:
    """Wherever they are in the batch, and however many."""
    sink = Sink(*bad, error=error)
    culprits = await isolate(range(100), sink.take)
    assert culprits == [(number, error) for number in bad]
    assert sink.taken == [number for number in range(100) if number not in bad]


@pytest.mark.parametrize("code", ["disk_full", "locked", "unwritable"])
async def test_a_fault_of_the_database_blames_no_item(code: str) -> None:
    """It is raised at once, without splitting the batch."""
    sink = Sink(1, error=StorageError(code, "no"))
    with pytest.raises(StorageError, match="no"):
        await isolate(range(8), sink.take)
    assert sink.taken == []


async def test_an_empty_batch() -> None:
    """Nothing is applied, and nothing fails."""
    sink = Sink(error=ValueError())
    assert await isolate([], sink.take) == []
    assert sink.taken == []
