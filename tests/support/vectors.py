"""Libraries of made-up fingerprints for the similarity index."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from auralis_fp import schema
from auralis_fp.models import Analysed, Part, TrackMetadata
from auralis_fp.schema.parts import TIMBRE
from auralis_fp.similarity.index.catalogue import Catalogue
from auralis_fp.store.files import Library
from stored import STAMP, known, library_in, queued

NAMES = schema.names_of(schema.ALGORITHM_VERSION)
DATABASE = "fingerprints.sqlite3"


def made_up(count: int, seed: int = 1) -> list[dict[str, float]]:
    """Return fingerprints spread over the ranges of ordinary music."""
    rng = np.random.default_rng(seed)
    low, high = (np.array([schema.BY_NAME[name].typical[end] for name in NAMES]) for end in (0, 1))
    rows = rng.uniform(low, high, (count, len(NAMES)))
    return [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]


def result(
    values: Mapping[str, float],
    *,
    undefined: Sequence[str] = (),
    duration_sec: float = 200.0,
    content: bytes | None = None,
    timbre: Sequence[float] | None = None,
) -> Analysed:
    """Return the result of an analysis."""
    parts = () if timbre is None else (Part(*TIMBRE, np.array(timbre, dtype="<f4").tobytes()),)
    metadata = TrackMetadata(
        duration_sec=duration_sec,
        sample_rate=44_100,
        channels=2,
        format="flac",
        codec="flac",
        undefined=tuple(undefined),
    )
    return Analysed(dict(values), metadata, 80.0, content, content, parts=parts)


async def store(library: Library, path: bytes, outcome: Analysed) -> int:
    """Store the result of a file, and return its id."""
    job = await queued(library, path)
    assert await library.record(job.file_id, outcome, STAMP, claim=job.claim, source="analysis")
    return (await known(library, path)).id


async def filled(folder: Path, outcomes: Sequence[Analysed], name: str = "/music/%03d/song.flac") -> list[int]:
    """Store results in a new database in *folder*, each in a folder of its own, and return the ids."""
    async with library_in(folder) as library:
        return [await store(library, (name % i).encode(), one) for i, one in enumerate(outcomes)]


def catalogue(folder: Path) -> "closing[Catalogue]":
    """Return the refreshed index of the database in *folder*."""
    opened = Catalogue(folder / DATABASE, folder / "similarity.index")
    opened.refresh()
    return closing(opened)


def longer(outcome: Analysed, seconds: float) -> Analysed:
    """Return the result for a recording that is longer by so many seconds."""
    metadata = replace(outcome.metadata, duration_sec=outcome.metadata.duration_sec + seconds)
    return replace(outcome, metadata=metadata)
