"""The cache of cover thumbnails."""

import os
from pathlib import Path

from auralis_fp.engine.covers import CoverCache


def test_least_recently_used_covers_make_room(tmp_path: Path) -> None:
    """Beyond its limit the cache drops those that were used least recently."""
    cache = CoverCache(tmp_path, 1000)
    for number in range(9):
        cache.store(f"{number:032x}", bytes(100))
        os.utime(next(tmp_path.glob(f"*/{number:032x}.webp")), (number, number))
    assert cache.read(f"{0:032x}") == bytes(100)  # used again
    cache.store(f"{9:032x}", bytes(200))
    kept = {int(path.stem, 16) for path in tmp_path.glob("*/*.webp")}
    assert 0 in kept
    assert 9 in kept
    assert 1 not in kept
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*.webp")) <= 800


def test_what_cannot_be_kept_is_no_error(tmp_path: Path) -> None:
    """Without room or permission nothing is kept, and nothing raised."""
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    cache = CoverCache(blocked, 1000)
    cache.store("ab" * 16, b"x")
    assert cache.read("ab" * 16) is None


def test_two_instances_share_a_folder(tmp_path: Path) -> None:
    """What one run kept, the next one finds."""
    CoverCache(tmp_path, 1000).store("cd" * 16, b"kept")
    assert CoverCache(tmp_path, 1000).read("cd" * 16) == b"kept"
