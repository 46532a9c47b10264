"""Path containment: whether one path lies below another, by name.

These functions are pure. They neither read the disk nor resolve links or ``..``; callers pass absolute,
normalised paths. Each takes the path module of a system as its last argument, so that the rules of Windows apply to
Windows paths anywhere: both separators, drive letters, UNC shares and names compared without case.
"""

import os
from collections.abc import Iterable
from types import ModuleType


def directory_prefix(folder: bytes, system: ModuleType = os.path) -> bytes:
    """Return *folder* with exactly one trailing separator, the prefix of every path below it."""
    separators = _separators(system)
    return folder.rstrip(separators) + separators[:1]


def relative_path(path: bytes, folder: bytes, system: ModuleType = os.path) -> bytes | None:
    """Return the part of *path* below *folder*, or None if it does not lie below it.

    Parameters
    ----------
    path, folder : bytes
        Absolute paths as the operating system spells them.
    system : module
        ``posixpath`` or ``ntpath``.
    """
    prefix = directory_prefix(folder, system)
    below: bytes | None = None
    if path.startswith(prefix):
        below = path[len(prefix) :].strip(_separators(system))
    elif system.sep == "\\":
        below = _relative_windows_path(path, folder, system)
    return below if below and b".." not in split_path(below, system) else None


def is_below(path: bytes, folder: bytes, system: ModuleType = os.path) -> bool:
    """Return True if *path* lies below *folder* and is not *folder* itself."""
    return relative_path(path, folder, system) is not None


def is_same_or_below(path: bytes, folder: bytes, system: ModuleType = os.path) -> bool:
    """Return True if *path* is *folder* or lies below it."""
    if relative_path(path, folder, system) is not None:
        return True
    return _comparable(path, system) == _comparable(folder, system)


def innermost(path: bytes, folders: Iterable[bytes], system: ModuleType = os.path) -> bytes | None:
    """Return the deepest of *folders* that *path* lies below, or None."""
    return max((folder for folder in folders if is_below(path, folder, system)), key=len, default=None)


def split_path(path: bytes, system: ModuleType = os.path) -> list[bytes]:
    """Return the components of a relative path."""
    separators = _separators(system)
    return [part for part in path.replace(separators[-1:], separators[:1]).split(separators[:1]) if part]


def sort_range(folder: bytes, system: ModuleType = os.path) -> tuple[bytes, bytes]:
    """Return two strings between which, and only there, the paths below *folder* sort bytewise."""
    prefix = directory_prefix(folder, system)
    return prefix, prefix[:-1] + bytes([prefix[-1] + 1])


def _separators(system: ModuleType) -> bytes:
    return f"{system.sep}{system.altsep or ''}".encode()


def _comparable(path: bytes, system: ModuleType) -> tuple[bytes, ...]:
    """Return drive, root and components in the spelling in which equal paths are equal."""
    if system.sep == "\\":
        path = _without_extended_prefix(path.replace(b"/", b"\\"))
    drive, tail = system.splitdrive(path)
    rooted = tail[:1] in _separators(system) if tail else len(drive) > 2  # a bare UNC share is its own root
    return (b"rooted" if rooted else b"", *(system.normcase(part) for part in (drive, *split_path(tail, system))))


def _without_extended_prefix(path: bytes) -> bytes:
    r"""Return a Windows path without ``\\?\``, which names the same file."""
    if path[:8].upper() == b"\\\\?\\UNC\\":
        return b"\\\\" + path[8:]
    return path.removeprefix(b"\\\\?\\")


def _relative_windows_path(path: bytes, folder: bytes, system: ModuleType) -> bytes | None:
    parts, above = _comparable(path, system), _comparable(folder, system)
    if parts[: len(above)] != above:
        return None
    count = len(parts) - len(above)
    names = split_path(system.splitdrive(path)[1], system)
    return b"\\".join(names[len(names) - count :])
