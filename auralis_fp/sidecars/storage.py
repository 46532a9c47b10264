"""Sidecars on the disk: ``.25d`` files beside the tracks or in the data folder, replaced atomically.

These functions block; call them in a thread.
"""

import contextlib
import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from ..files.descriptors import is_within
from ..files.regular import is_regular, open_regular
from ..models import Analysed, FileStamp
from ..settings import Settings
from . import format as sidecar_format
from .format import LONGEST, SUFFIX

LONGEST_NAME: Final = 255  # bytes, on common file systems
_REFUSED: Final = frozenset((errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT))
_REPLACE_TRIES: Final = 5  # on Windows another program may hold the old file open for a moment


def read(path: bytes, stamp: FileStamp, settings: Settings, content: bytes | None = None) -> Analysed | None:
    """Return the fingerprint in the sidecar of a file, or None if there is no valid one.

    Parameters
    ----------
    path : bytes
        The audio file.
    stamp : FileStamp
        The audio file as it is now.
    settings : Settings
    content : bytes, optional
        Content id of its audio: a sidecar of the same audio is accepted whatever its stamp.
    """
    return sidecar_format.match(load(path, settings), stamp, content)


def load(path: bytes, settings: Settings) -> list[Any]:
    """Return the JSON documents in the sidecars of a file, nearest first; empty if there are none."""
    if settings.sidecars == "off":
        return []
    return [document for document in map(_load, _places(path, settings)) if document is not None]


def write(
    path: bytes,
    analysed: Analysed,
    stamp: FileStamp,
    settings: Settings,
    on_refused: Callable[[OSError], None] = lambda _: None,
    within: Sequence[bytes] = (),
) -> bytes | None:
    """Write the sidecar of a file.

    Parameters
    ----------
    path : bytes
        The audio file.
    analysed : Analysed
    stamp : FileStamp
        The audio file as it was analysed.
    settings : Settings
    on_refused : callable, optional
        Called with the error if the folder of the track cannot be written.
    within : sequence of bytes
        Folders, free of links, that must contain the folder of the track at the time of writing; empty for no limit.

    Returns
    -------
    bytes or None
        The path written: beside the track, or in the data folder if the settings say so, if the folder of the track
        cannot be written, or if another program's sidecar is there. None if sidecars are off.

    Raises
    ------
    OSError
        Neither place could be written.
    """
    if settings.sidecars == "off":
        return None
    *beside, elsewhere = _places(path, settings)
    content = sidecar_format.encode(path, analysed, stamp)
    for place in beside:
        folder, name = os.path.split(place)
        try:
            with _opened(folder, within) as opened:
                if opened is not None and not _foreign(opened, name):
                    _replace(opened, name, content)
                    return place
        except OSError as error:  # read-only, full, or the name is too long: the data folder serves
            if error.errno in _REFUSED:
                on_refused(error)
    folder, name = os.path.split(elsewhere)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with _opened(folder, ()) as opened:
        if opened is not None:
            _replace(opened, name, content)
    return elsewhere


def clear_away(paths: Iterable[bytes], settings: Settings) -> None:
    """Remove partial files that a killed run left where the sidecars of these files go."""
    for place in (place for path in paths for place in _places(path, settings)):
        folder, name = os.path.split(place)
        start = _partial_prefix(name)
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for partial in [entry.name for entry in entries if entry.name.startswith(start)]:
                os.unlink(os.path.join(folder, partial))


def _partial_prefix(name: bytes) -> bytes:
    """Return the beginning of the name under which a sidecar is written before the rename."""
    return b"." + name[:200] + b".partial-"


def _places(path: bytes, settings: Settings) -> list[bytes]:
    """Return the paths a sidecar may have: beside the track if set and possible, then in the data folder."""
    digest = hashlib.blake2b(path, digest_size=16).hexdigest()
    folder = settings.data_dir / "sidecars" / digest[:2]
    places = [os.fsencode(folder / digest) + SUFFIX]
    if settings.sidecars == "beside" and len(os.path.basename(path)) + len(SUFFIX) <= LONGEST_NAME:
        places.insert(0, path + SUFFIX)
    return places


class _Folder(NamedTuple):
    """An open folder, so that a renamed path cannot redirect a write; without descriptor on Windows."""

    path: bytes
    descriptor: int | None

    def named(self, name: bytes) -> bytes:
        """Return the path of a file in the folder, relative to the descriptor if there is one."""
        return os.path.join(self.path, name) if self.descriptor is None else name


@contextlib.contextmanager
def _opened(path: bytes, within: Sequence[bytes]) -> Iterator[_Folder | None]:
    """Open a folder; yield None if it is in none of the folders *within*."""
    if os.open not in os.supports_dir_fd:  # Windows
        yield _Folder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _Folder(path, descriptor) if not within or is_within(descriptor, path, within) else None
    finally:
        os.close(descriptor)


def _load(place: bytes, folder: int | None = None) -> Any:
    """Return the JSON value in a regular file of acceptable size, None for anything else."""
    try:
        descriptor = open_regular(place, follow=False, dir_fd=folder)
        try:
            content = os.read(descriptor, LONGEST + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):  # missing, unreadable, or not a regular file
        return None
    return sidecar_format.decode(content)


def _foreign(folder: _Folder, name: bytes) -> bool:
    """Return True if the file of that name is not a sidecar this program may replace."""
    place = folder.named(name)
    try:
        status = os.lstat(place, dir_fd=folder.descriptor)
    except FileNotFoundError:
        return False
    return not (is_regular(status) and sidecar_format.is_ours(_load(place, folder.descriptor)))


def _replace(folder: _Folder, name: bytes, content: bytes) -> None:
    """Replace a file atomically: a reader finds the old file or the new one, also after a crash."""
    place, within = folder.named(name), folder.descriptor
    partial = folder.named(_partial_prefix(name) + b"%d" % os.getpid())
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(partial, flags, 0o644, dir_fd=within)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        for tries_left in reversed(range(_REPLACE_TRIES)):
            try:
                os.replace(partial, place, src_dir_fd=within, dst_dir_fd=within)
                break
            except PermissionError:
                if sys.platform != "win32" or not tries_left:
                    raise
                time.sleep(0.05)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial, dir_fd=within)
        raise
    if within is not None:  # so that a power cut does not undo the rename
        with contextlib.suppress(OSError):  # some network file systems refuse; the file itself is safe
            os.fsync(within)
