"""Placeholders of cloud drives: files whose content is not on this disk. Opening one downloads it."""

import os
from typing import Final

from .formats import is_music
from .regular import is_regular

_STUB_SUFFIXES: Final = (b".icloud", b".nextcloud", b".owncloud", b".opencloud")
_LEAST_SIZE: Final = 4096  # smaller files may be stored without a block of their own
_SF_DATALESS: Final = 0x40000000  # macOS
_WINDOWS_ATTRIBUTES: Final = 0x1000 | 0x40000 | 0x400000  # offline, recall on open, recall on data access


def is_stub_name(name: bytes) -> bool:
    """Return True if the name is that of a small file that stands for a music file, such as ``.song.mp3.icloud``."""
    stem, suffix = os.path.splitext(name)
    return suffix.lower() in _STUB_SUFFIXES and is_music(stem.lstrip(b"."))


def is_placeholder(status: os.stat_result) -> bool:
    """Return True if the system marks a file as a placeholder, as macOS and Windows do."""
    dataless = getattr(status, "st_flags", 0) & _SF_DATALESS
    return bool(dataless or getattr(status, "st_file_attributes", 0) & _WINDOWS_ATTRIBUTES)


def has_no_blocks(status: os.stat_result) -> bool:
    """Return True if a regular file has a size but no block on the disk.

    On a file system that reports blocks, its content is elsewhere, or it holds nothing but zeros.
    """
    return is_regular(status) and status.st_size >= _LEAST_SIZE and getattr(status, "st_blocks", 1) == 0
