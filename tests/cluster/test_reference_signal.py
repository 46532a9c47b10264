"""The reference signal of machines."""

import os
from pathlib import Path

from auralis_fp import schema
from auralis_fp.cluster.handshake import TOLERANCE
from auralis_fp.cluster.reference import deviation, expected, write_signal
from auralis_fp.models import Analysed
from auralis_fp.settings import Settings
from auralis_fp.workers.local import local_pool


async def test_the_reference_is_what_we_compute(tmp_path: Path) -> None:
    """If this fails after a change of the algorithm, run ``make docs``."""
    write_signal(tmp_path / "reference.wav")
    async with local_pool(Settings(workers=1)) as pool, pool.lease() as slot:
        outcome = await slot.run(os.fsencode(tmp_path / "reference.wav"))
    assert isinstance(outcome, Analysed)
    assert not outcome.metadata.undefined
    assert deviation(outcome.fingerprint) <= TOLERANCE


def test_every_dimension_counts() -> None:
    """A difference in one of them is found."""
    values = expected()
    assert deviation(values) == 0
    for each in schema.DIMENSIONS:
        moved = {**values, each.name: values[each.name] + 1e-3 * (each.high - each.low)}
        assert deviation(moved) > TOLERANCE
