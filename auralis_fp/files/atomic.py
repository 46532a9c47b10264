"""Atomic replacement of files: the only way in which this program writes one next to other files.

The content goes to a new file of a random name in the same folder, is synced, and is renamed. The new file is created
with O_EXCL and O_NOFOLLOW, so nothing that exists is ever opened for writing. These functions block.
"""

import contextlib
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from .descriptors import is_within
from .regular import require_regular

_FLAGS: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_PARTIAL: Final = b".partial-"
_OURS: Final = re.compile(rb"(?s)\..+\.partial-(?:[0-9a-f]{16}|\d{1,10})")  # earlier versions used the process id
_LONGEST_STEM: Final = 200  # bytes of the name kept in that of the partial file
_REPLACE_TRIES: Final = 5  # on Windows another program may hold the old file open for a moment


class Folder(NamedTuple):
    """An open folder, so that a renamed path cannot redirect a write; without descriptor on Windows."""

    path: bytes
    descriptor: int | None

    def named(self, name: bytes) -> bytes:
        """Return the path of a file in the folder, relative to the descriptor if there is one."""
        return os.path.join(self.path, name) if self.descriptor is None else name


@contextlib.contextmanager
def open_folder(path: bytes, within: tuple[bytes, ...] = ()) -> Iterator[Folder | None]:
    """Open a folder; yield None if it is in none of the folders *within*.

    Parameters
    ----------
    path : bytes
    within : tuple of bytes
        Folders without links; empty allows any.
    """
    if os.open not in os.supports_dir_fd:  # Windows
        yield Folder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Folder(path, descriptor) if not within or is_within(descriptor, path, within) else None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(folder: Folder, name: bytes, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Yield a new file that replaces *name* when the context ends without an exception.

    A reader finds the old file or the new one, also after a crash or a power cut.

    Parameters
    ----------
    folder : Folder
    name : bytes
    mode : int
        Permissions of the new file.

    Raises
    ------
    NotRegularFileError
        *name* is a link, folder, pipe or device, which is left alone.
    OSError
        The file cannot be written.
    """
    require_replaceable(folder, name)
    partial = folder.named(b"." + name[:_LONGEST_STEM] + _PARTIAL + secrets.token_hex(8).encode("ascii"))
    descriptor = os.open(partial, _FLAGS, mode, dir_fd=folder.descriptor)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        require_replaceable(folder, name)
        _rename(folder, partial, folder.named(name))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial, dir_fd=folder.descriptor)
        raise
    if folder.descriptor is not None:  # so that a power cut does not undo the rename
        with contextlib.suppress(OSError):  # some network file systems refuse; the file itself is safe
            os.fsync(folder.descriptor)


def require_replaceable(folder: Folder, name: bytes) -> None:
    """Check that *name* is a regular file or does not exist.

    Parameters
    ----------
    folder : Folder
    name : bytes

    Raises
    ------
    NotRegularFileError
        It is a link, folder, pipe or device.
    """
    with contextlib.suppress(FileNotFoundError):
        require_regular(os.stat(folder.named(name), dir_fd=folder.descriptor, follow_symlinks=False))


def remove_partial(folder: bytes, names: frozenset[bytes]) -> None:
    """Remove the partial files that a killed run left for these names; anything but a plain file is left alone.

    Parameters
    ----------
    folder : bytes
    names : frozenset of bytes
        Final names.
    """
    starts = tuple(b"." + name[:_LONGEST_STEM] + _PARTIAL for name in names)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.name.startswith(starts) and _OURS.fullmatch(entry.name):
                status = entry.stat(follow_symlinks=False)
                if entry.is_file(follow_symlinks=False) and status.st_nlink == 1:
                    os.unlink(entry.path)


def _rename(folder: Folder, partial: bytes, place: bytes) -> None:
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            os.replace(partial, place, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
        except PermissionError:
            if sys.platform != "win32" or not tries_left:
                raise
            time.sleep(0.05)
        else:
            return
