"""The picture files in a folder that stand for its album: found and opened, but not read."""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ..files.descriptors import is_within
from ..files.regular import open_regular
from .grouping import is_disc_folder

MOST_PICTURES: Final = 6  # of one album that are opened
_STEMS: Final = (b"cover", b"folder", b"front", b"album", b"albumart", b"artwork")
_SUFFIXES: Final = (b".jpg", b".jpeg", b".png", b".webp", b".gif", b".bmp")
_MAX_ENTRIES: Final = 5_000  # of a folder that are looked at


def open_folder_pictures(path: bytes, bounds: Sequence[bytes] = ()) -> list[int]:
    """Open the files that may hold the picture of a file's album, and return their descriptors, the best first.

    ``cover``, ``folder``, ``front``, ``album``, ``albumart`` and ``artwork`` are looked for, in this order and in
    either case, then the same in the folder above if the file's own folder is that of one disc. Blocking.

    Parameters
    ----------
    path : bytes
        The music file.
    bounds : sequence of bytes
        Folders, free of links, one of which the picture must lie below when it is opened; none: anywhere.
    """
    folder = os.path.dirname(path)
    folders = [folder, os.path.dirname(folder)] if is_disc_folder(folder) else [folder]
    opened: list[int] = []
    for each in folders:
        for name in _candidates(each):
            descriptor = _open(os.path.join(each, name), bounds) if len(opened) < MOST_PICTURES else None
            if descriptor is not None:
                opened.append(descriptor)
    return opened


def _open(path: bytes, bounds: Sequence[bytes]) -> int | None:
    try:
        descriptor = open_regular(path)
    except (OSError, ValueError):
        return None
    if bounds and not is_within(descriptor, path, bounds):
        os.close(descriptor)
        return None
    return descriptor


def _candidates(folder: bytes) -> tuple[bytes, ...]:
    """Return the names in a folder that are usual for covers, the best first."""
    try:
        return _listed(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=64)  # the files of an album are read one after the other
def _listed(folder: bytes, _mtime_ns: int) -> tuple[bytes, ...]:
    ranked: list[tuple[int, int, bytes]] = []
    with os.scandir(folder) as entries:
        for _, entry in zip(range(_MAX_ENTRIES), entries, strict=False):
            stem, suffix = os.path.splitext(entry.name.lower())
            if suffix in _SUFFIXES and stem in _STEMS:
                ranked.append((_STEMS.index(stem), _SUFFIXES.index(suffix), entry.name))
    return tuple(name for *_, name in sorted(ranked))
