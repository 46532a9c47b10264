"""APEv2 tags: at the end of MP3, WavPack, Monkey's Audio, Musepack and TTA files.

References
----------
APEv2 specification, https://wiki.hydrogenaud.io/index.php?title=APEv2_specification
"""

import os
from typing import BinaryIO, Final

from ..files.id3 import ape_items

_MAX_TAG: Final = 16 << 20  # bytes: a cover may be in it
_MAX_ITEMS: Final = 500
_BINARY: Final = 1  # what bits 1 and 2 of an item's flags say
_COVER_KEYS: Final = (b"cover art (front)", b"cover art (back)")


def read_ape(file: BinaryIO) -> tuple[dict[str, list[str]], bytes | None]:
    """Return the texts by key, and the front cover if there is one.

    Parameters
    ----------
    file : binary file
        Seekable.

    Returns
    -------
    texts : dict of str to list of str
        Empty if the file has no APEv2 tag.
    cover : bytes or None

    Raises
    ------
    OSError
        The file cannot be read.
    """
    items = _items(_tag(file))
    texts = {
        key.decode("ascii", "replace"): value.decode("utf-8", "surrogateescape").split("\0")
        for key, kind, value in items
        if kind != _BINARY
    }
    pictures = {key.lower(): value for key, kind, value in items if kind == _BINARY}
    picture = next((pictures[key] for key in _COVER_KEYS if key in pictures), None)
    return texts, None if picture is None else picture.partition(b"\0")[2]  # a file name comes before the data


def _tag(file: BinaryIO) -> bytes:
    """Return the items of the tag at the end of the file, as they lie there."""

    def read_at(position: int, size: int) -> bytes:
        file.seek(position)
        return file.read(size)

    return ape_items(read_at, file.seek(0, os.SEEK_END), _MAX_TAG)


def _items(tag: bytes) -> list[tuple[bytes, int, bytes]]:
    """Return (key, kind, value) of each item; reading ends where the tag is damaged."""
    items: list[tuple[bytes, int, bytes]] = []
    position = 0
    while position + 8 < len(tag) and len(items) < _MAX_ITEMS:
        size = int.from_bytes(tag[position : position + 4], "little")
        kind = int.from_bytes(tag[position + 4 : position + 8], "little") >> 1 & 3
        end_of_key = tag.find(b"\0", position + 8, position + 8 + 256)
        start = end_of_key + 1
        if end_of_key < 0 or start + size > len(tag):
            break
        items.append((tag[position + 8 : end_of_key], kind, tag[start : start + size]))
        position = start + size
    return items
