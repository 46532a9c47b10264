"""A generated database for a large library whose folder is offline."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Final

import numpy as np

from auralis_fp import schema
from stored import analysed, library_in

CLUSTERS: Final = 12  # clusters of similar tracks
SIZE: Final = 4_000_000
MTIME_NS: Final = 1_700_000_000_000_000_000


async def fill(data: Path, folder: Path, *, tracks: int, failures: int) -> None:
    """Store *tracks* fingerprints and *failures* below *folder* in the database in *data*."""
    now = time.time()
    names = [b"%s/%03d/%06d.flac" % (bytes(folder), number // 100, number) for number in range(tracks + failures)]
    metadata = json.dumps(analysed().metadata.as_json() | {"undefined": [], "warnings": []})
    made = (schema.ALGORITHM_VERSION, SIZE, MTIME_NS)
    print_rows = [
        (number + 1, *made, "analysis", now - 7200, 80.0, metadata, *row)
        for number, row in enumerate(_fingerprints(tracks).tolist())
    ]
    failed_rows = [
        (
            number + 1,
            *made,
            "decode",
            ("corrupt", "timeout")[number % 2],
            "No frame of it could be read.",
            1,
            now - 7200,
        )
        for number in range(tracks, tracks + failures)
    ]

    def operation(db: sqlite3.Connection) -> None:
        file_rows = [(number + 1, name, SIZE, MTIME_NS, now) for number, name in enumerate(names)]
        db.executemany("INSERT INTO files (id, path, size, mtime_ns, added_at) VALUES (?, ?, ?, ?, ?)", file_rows)
        columns = "file_id, algorithm_version, size, mtime_ns, source, analysed_at, processing_time_ms, metadata"
        places = ", ".join("?" for _ in range(8 + len(schema.NAMES)))
        db.executemany(
            f"INSERT INTO fingerprints ({columns}, {', '.join(schema.NAMES)}) VALUES ({places})",  # noqa: S608
            print_rows,
        )
        db.executemany(
            "INSERT INTO failures (file_id, algorithm_version, size, mtime_ns, stage, code, reason, attempts,"
            " failed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            failed_rows,
        )

    data.mkdir(parents=True, exist_ok=True)
    async with library_in(data) as library:
        await library.database.write(operation)


def _fingerprints(number: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return fingerprints in clusters within the typical ranges."""
    rng = np.random.default_rng(7)
    typical = np.array([dimension.typical for dimension in schema.DIMENSIONS])
    low, high = (np.array([getattr(dimension, end) for dimension in schema.DIMENSIONS]) for end in ("low", "high"))
    spread = typical[:, 1] - typical[:, 0]
    centres = typical[:, 0] + rng.uniform(0.0, 1.0, (CLUSTERS, len(low))) * spread
    rows = centres[rng.integers(CLUSTERS, size=number)] + rng.normal(0.0, 0.16, (number, len(low))) * spread
    return np.asarray(np.clip(rows, low, high))
