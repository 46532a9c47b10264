"""The spelling of a path in its folders' listings; case-insensitive disks accept others for the same file.

These functions block; they are called in threads.
"""

import os
import unicodedata

from .paths import relative_path, split_path


def on_disk_name(path: bytes, root: bytes) -> bytes | None:
    """Return *path*, which lies below *root*, as the folders on the way list it.

    Disks of Windows, macOS, cameras and players treat ``Song`` and ``song`` as one name, and some of them composed and
    decomposed letters. On a case-sensitive disk this costs one system call.

    Parameters
    ----------
    path : bytes
    root : bytes

    Returns
    -------
    bytes or None
        None if no entry, or more than one, has that name.
    """
    below = relative_path(path, root) or b""
    if not os.path.lexists(path[: len(path) - len(below)] + below.swapcase()):
        return path
    found = root
    for part in split_path(below):
        name = _listed(part, found)
        if name is None:
            return None
        found = os.path.join(found, name)
    return found


def _listed(name: bytes, folder: bytes) -> bytes | None:
    """Return the entry of *folder* called *name*, preferring the exact spelling."""
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    if name in names:
        return name
    matches = [other for other in names if _folded(other) == _folded(name)]
    return matches[0] if len(matches) == 1 else None


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name)).casefold()
