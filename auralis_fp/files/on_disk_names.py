"""How a path is spelt in the listings of its folders: on many disks other spellings lead to the same file.

These functions block; they are called in threads.
"""

import os
import unicodedata

from .paths import relative_path, split_path


def on_disk_name(path: bytes, root: bytes) -> bytes | None:
    """Return *path*, which lies below *root*, as the folders on the way list it.

    Disks of Windows, macOS, cameras and players take ``Song`` and ``song``, and some of them composed and decomposed
    letters, for one name. Where they are told apart this costs one system call.

    Returns
    -------
    bytes or None
        None if nothing on the disk, or more than one thing, goes by that name.
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
    """Return the entry of *folder* that goes by *name*; itself, if it is there just so."""
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    if name in names:
        return name
    alike = [other for other in names if _folded(other) == _folded(name)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name)).casefold()
