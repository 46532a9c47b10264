"""A database with many results, made without analysing anything."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from auralis_fp import schema
from auralis_fp.schema.parts import SUB_FINGERPRINTS
from auralis_fp.store.fingerprints import COLUMNS
from auralis_fp.store.tags import TAGS_VERSION, VERSION_KEY
from auralis_fp.store.upgrade import upgrade

NAME: Final = "fingerprints.sqlite3"
_MTIME_NS: Final = 1_700_000_000_000_000_000
_METADATA: Final = json.dumps(
    {"duration_sec": 213.4, "sample_rate": 44100, "channels": 2, "format": "flac", "codec": "flac"}
    | {"warnings": [], "undefined": [], "decoder": "libFLAC 1.4.3", "kernels": "numpy"}
    | {"tempo": {"candidates": [{"bpm": 120.34, "probability": 0.83}], "confidence": 0.71}}
)
_TAG_COLUMNS: Final = (
    "file_id", "version", "read_at", "album_id", "album_kind", "artist_id", "title", "artist", "album", "track",
    "year", "genre",
)  # fmt: skip
_FAILURE_COLUMNS: Final = (
    "file_id", "algorithm_version", "size", "mtime_ns", "stage", "code", "reason", "attempts", "failed_at",
)  # fmt: skip


def large_library(folder: Path, rows: int, part_bytes: int = 4) -> Path:
    """Return a data folder whose database has many results with tags, and a failure for one file in fifty.

    Parameters
    ----------
    folder : Path
        Where it is made, or kept from an earlier call.
    rows : int
        Number of files.
    part_bytes : int
        Size of the sub-fingerprints of a file; those of a track of 72 s or more have 3072 bytes.
    """
    data = folder / f"library-{rows}-{part_bytes}"
    if (data / NAME).exists():
        return data
    data.mkdir(parents=True, exist_ok=True)
    partial = data / f"{NAME}.partial"
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = OFF")
        upgrade(db, partial)
        db.execute("BEGIN")
        _fill(db, rows, part_bytes)
        db.execute("COMMIT")
    partial.rename(data / NAME)
    return data


def _fill(db: sqlite3.Connection, rows: int, part_bytes: int) -> None:
    db.execute("INSERT INTO part_kinds VALUES (?, ?)", SUB_FINGERPRINTS)
    _insert(db, "files (id, path, size, mtime_ns, added_at)", 5, _files(rows))
    _insert(db, f"fingerprints ({', '.join(COLUMNS)})", len(COLUMNS), _results(rows))
    _insert(db, "parts (file_id, name, version, data)", 4, _parts(rows, part_bytes))
    _insert(db, f"tags ({', '.join(_TAG_COLUMNS)})", len(_TAG_COLUMNS), _tags(rows))
    _insert(db, f"failures ({', '.join(_FAILURE_COLUMNS)})", len(_FAILURE_COLUMNS), _failures(rows))
    db.execute("DELETE FROM tags_due")
    db.execute("INSERT INTO memory VALUES (?, ?)", (VERSION_KEY, str(TAGS_VERSION)))  # all tags have been read


def _insert(db: sqlite3.Connection, table: str, columns: int, rows: Iterator[tuple[object, ...]]) -> None:
    db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows)


def _files(rows: int) -> Iterator[tuple[object, ...]]:
    for number in range(1, rows + 1):
        path = f"/music/Artist {number // 100:05d}/Album {number // 10 % 10}/{number % 10:02d} Track {number}.flac"
        yield number, path.encode(), *_stamp(number), time.time()


def _stamp(number: int) -> tuple[int, int]:
    return 20_000_000 + number, _MTIME_NS + number


def _failed(number: int) -> bool:
    return number % 50 == 0


def _results(rows: int) -> Iterator[tuple[object, ...]]:
    chance, now = random.Random(1), time.time()
    limits = [schema.limits(name) for name in schema.COLUMNS]
    for number in range(1, rows + 1):
        values = [chance.uniform(low, high) for low, high in limits]
        digest = number.to_bytes(16, "little")
        origin = (schema.ALGORITHM_VERSION, "analysis", now - number, 400.0, _METADATA, digest, digest)
        if not _failed(number):
            yield number, *_stamp(number), _MTIME_NS, number, now, *origin, *values


def _parts(rows: int, part_bytes: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(2)
    for number in range(1, rows + 1):
        if not _failed(number):
            yield number, *SUB_FINGERPRINTS, chance.randbytes(part_bytes)


def _failures(rows: int) -> Iterator[tuple[object, ...]]:
    for number in filter(_failed, range(1, rows + 1)):
        fault = ("decode", "corrupt", "The file is damaged.", 1, time.time() - number)
        yield number, schema.ALGORITHM_VERSION, *_stamp(number), *fault


def _tags(rows: int) -> Iterator[tuple[object, ...]]:
    for number in range(1, rows + 1):
        artist, album = f"Artist {number // 100:05d}", f"Album {number // 10 % 10}"
        names = (f"{artist}/{album}", "album", artist, f"Track {number}", artist, album)
        yield (number, 1, time.time(), *names, number % 10, 1960 + number % 60, f"Genre {number % 40}")
