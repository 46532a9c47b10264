"""The lock that allows one writing process per data folder."""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..errors import StorageError

# of file systems that do not lock folders, as NFS, which locks only what is open for writing
_NO_LOCKS: Final = frozenset((errno.EBADF, errno.EINVAL, errno.EISDIR, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP))


@contextmanager
def hold_lock(path: Path, *, with_folder: bool = True) -> Iterator[None]:
    """Hold a lock file, and its folder, within the context. The system releases both however the process ends.

    Parameters
    ----------
    path : Path
    with_folder : bool
        Lock the folder, too: somebody may delete the file, and the next process would create another. Only one lock of
        a folder can do so.

    Raises
    ------
    StorageError
        ``in_use``: another process holds it; ``unwritable``: it cannot be created.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise StorageError("unwritable", f"the data folder {path.parent} cannot be used: {error.strerror}") from error
    folder = _open_folder(path.parent) if with_folder else None
    try:
        if not _lock(descriptor) or (folder is not None and not _lock(folder)):
            who = _owner(descriptor) or "another process"
            raise StorageError("in_use", f"the data folder {path.parent} is in use by {who}; choose another --data-dir")
        with contextlib.suppress(OSError):  # used only in error messages
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode("ascii"))
        yield
    finally:
        os.close(descriptor)
        if folder is not None:
            os.close(folder)


def _open_folder(path: Path) -> int | None:
    """Open a folder to lock it; None where the system does not lock folders."""
    if sys.platform == "win32":
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:  # it may not be listed: the lock file serves
        return None


def _owner(descriptor: int) -> str:
    """Return the process that holds the lock and its start time, or an empty string if unknown."""
    text = os.pread(descriptor, 60, 0).decode("ascii", "replace").strip() if hasattr(os, "pread") else ""
    return f"process {text}" if text else ""


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(descriptor, 100, os.SEEK_SET)  # beyond the process id, so that others can read it
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True
