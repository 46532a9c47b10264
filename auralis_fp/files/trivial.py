"""Files that can be refused without a decoder: empty ones, and those of well-known other kinds."""

import os
from collections.abc import Sequence
from typing import Final

from ..errors import DecodeError, FileError
from .formats import recognise
from .opening import open_file

_HEAD_BYTES: Final = 512
_OTHER_KINDS: Final = (
    *(b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"GIF87a", b"GIF89a"),
    *(b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"\x7fELF", b"SQLite format 3\0"),
    *(b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml", b'{"', b"#EXTM3U", b"[playlist]"),
)  # fmt: skip


def refusal(path: bytes, bounds: Sequence[bytes] = ()) -> FileError | None:
    """Return why a file cannot be analysed, if that needs no decoder; None if a worker must look at it. Blocking.

    Parameters
    ----------
    path : bytes
    bounds : sequence of bytes
        Resolved folders, one of which must contain the file when it is opened; empty for no restriction.
    """
    try:
        descriptor = open_file(path, bounds)
    except FileError as error:
        return error
    except OSError:  # no descriptor is left for now
        return None
    try:
        head = os.read(descriptor, _HEAD_BYTES)
    except OSError:  # reported with its reason by the worker
        return None
    finally:
        os.close(descriptor)
    if not head:
        return DecodeError("no_audio", "The file is empty.")
    if head.startswith(_OTHER_KINDS) and recognise(head) is None:
        return DecodeError("unsupported", "The file is not in a known audio format.")
    return None
