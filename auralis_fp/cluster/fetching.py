"""Files at addresses: fetched by a machine before one of its sealed worker processes opens them."""

import asyncio
import re
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from ..models import Rejected

LARGEST: Final = 4 << 30  # bytes
LIMIT_SEC: Final = 900.0
_BLOCK: Final = 1 << 20
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_FORBIDDEN: Final = frozenset({"file", "local", "memory", "data", "jupyter", "dask", "reference"})
"""Schemes that lead to the machine itself."""
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")


async def fetch(address: bytes, folder: Path) -> Path | Rejected:
    """Copy the file at an address into a folder; return its path, or why that is not possible.

    Parameters
    ----------
    address : bytes
        With a scheme of ``fsspec`` whose package is installed, such as ``https`` or ``s3``.
    folder : Path
    """
    text = address.decode("utf-8", "replace")
    scheme = urlsplit(text).scheme.lower()
    if "::" in text or not _SCHEME.fullmatch(scheme) or scheme in _FORBIDDEN:
        return Rejected("scan", "unreadable", f"Addresses with {scheme or 'no scheme'}:// are not fetched.")
    suffix = PurePosixPath(urlsplit(text).path).suffix
    target = folder / f"file{suffix if _SUFFIX.fullmatch(suffix) else ''}"
    try:
        async with asyncio.timeout(LIMIT_SEC):
            await asyncio.to_thread(_copy, text, target)
    except Exception as error:  # noqa: BLE001 - each file system of fsspec has errors of its own
        return _rejected(scheme, error)
    return target


def _rejected(scheme: str, error: Exception) -> Rejected:
    if isinstance(error, TimeoutError):
        return Rejected("scan", "io_error", f"The file was not fetched within {LIMIT_SEC:.0f} s.")
    if isinstance(error, ImportError):
        return Rejected("scan", "unreadable", f"Addresses with {scheme}:// need another package: {error}"[:1000])
    if isinstance(error, FileNotFoundError):
        cause = error.__cause__
        if cause is None or isinstance(cause, FileNotFoundError) or not isinstance(cause, OSError):
            return Rejected("scan", "missing", "There is no file at the address.")
        error = cause  # the server cannot be reached
    return Rejected("scan", "io_error", f"The file cannot be fetched: {type(error).__name__}: {error}"[:1000])


def _copy(address: str, target: Path) -> None:
    import fsspec

    size = 0
    with fsspec.open(address, "rb") as source, target.open("wb") as copy:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > LARGEST:
                raise ValueError(f"it is larger than {LARGEST >> 30} GiB")
            copy.write(block)
