"""Sidecars on the disk: ``.25d`` files beside the tracks or in the data folder, replaced atomically.

These functions block; call them in a thread.
"""

import contextlib
import errno
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from ..files.atomic import Folder, open_folder, remove_partial, replacing
from ..files.regular import is_regular, open_regular
from ..models import Analysed, FileStamp
from ..settings import Settings
from . import format as sidecar_format
from .format import LONGEST, SUFFIX, Document
from .signature import is_signed, load_key

log = logging.getLogger(__name__)

LONGEST_NAME: Final = 255  # bytes, on common file systems
_REFUSED: Final = frozenset((errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT))


def read(path: bytes, stamp: FileStamp, settings: Settings) -> Analysed | None:
    """Return the fingerprint in the sidecar of a file, or None if there is no valid one.

    Parameters
    ----------
    path : bytes
        The audio file.
    stamp : FileStamp
        The audio file as it is now.
    settings : Settings
    """
    return sidecar_format.match(load(path, settings), stamp)


def load(path: bytes, settings: Settings) -> list[Document]:
    """Return the documents in the sidecars of a file, nearest first; empty if sidecars are off.

    Parameters
    ----------
    path : bytes
        The audio file.
    settings : Settings
    """
    if settings.sidecars == "off":
        return []
    key = load_key(settings.data_dir, create=False)
    values = [_load(place) for place in _places(path, settings)]
    return [Document(value, is_signed(value, key)) for value in values if value is not None]


class Existing(NamedTuple):
    """Where a file has a sidecar, or something in its way."""

    in_place: bool
    """In the place that the settings name."""
    anywhere: bool
    """In a place that ``load`` reads."""


def find(path: bytes, settings: Settings) -> Existing:
    """Return where a file has a sidecar.

    With sidecars beside the tracks, the place of one in the data folder is the right one only while the folder of the
    track cannot be written.

    Parameters
    ----------
    path : bytes
        The audio file.
    settings : Settings
    """
    *beside, elsewhere = _places(path, settings)
    if any(os.path.lexists(place) for place in beside):
        return Existing(in_place=True, anywhere=True)
    if not os.path.lexists(elsewhere):
        return Existing(in_place=False, anywhere=False)
    return Existing(in_place=not (beside and os.access(os.path.dirname(path), os.W_OK)), anywhere=True)


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
    content = sidecar_format.encode(path, analysed, stamp, load_key(settings.data_dir, create=True))
    for place in beside:
        folder, name = os.path.split(place)
        try:
            with open_folder(folder, tuple(within)) as opened:
                if opened is None:
                    continue
                if not _foreign(opened, name):
                    _write(opened, name, content)
                    with contextlib.suppress(OSError):  # written before the folder could be
                        os.unlink(elsewhere)
                    return place
                log.warning("%r is not a sidecar of this program; the sidecar goes to the data folder", place)
        except OSError as error:  # read-only, full, or the name is too long: the data folder serves
            if error.errno in _REFUSED:
                on_refused(error)
    folder, name = os.path.split(elsewhere)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open_folder(folder) as opened:
        if opened is not None:
            _write(opened, name, content)
    return elsewhere


def clear_away(paths: Iterable[bytes], settings: Settings) -> None:
    """Remove partial files that a killed run left where the sidecars of these files go."""
    names: dict[bytes, set[bytes]] = {}
    for place in (place for path in paths for place in _places(path, settings)):
        folder, name = os.path.split(place)
        names.setdefault(folder, set()).add(name)
    for folder, some in names.items():
        remove_partial(folder, frozenset(some))


def remove_stray(path: bytes, settings: Settings) -> int:
    """Remove the sidecars of a file that does not exist any more. Return how many there were.

    Only regular files that this program may replace are removed.

    Parameters
    ----------
    path : bytes
        The audio file.
    settings : Settings
    """
    removed = 0
    if settings.sidecars == "off" or os.path.lexists(path):
        return 0
    for place in _places(path, settings):
        folder, name = os.path.split(place)
        with contextlib.suppress(OSError), open_folder(folder) as opened:
            if opened is not None and not _foreign(opened, name):
                os.unlink(opened.named(name), dir_fd=opened.descriptor)
                removed += 1
    return removed


def remove_signed(place: bytes, settings: Settings) -> bool:
    """Remove a sidecar whose track does not exist any more, if it has the signature of this installation.

    Parameters
    ----------
    place : bytes
        The sidecar.
    settings : Settings

    Returns
    -------
    bool
        True if it was removed.
    """
    if settings.sidecars == "off" or os.path.lexists(place.removesuffix(SUFFIX)):
        return False
    folder, name = os.path.split(place)
    with open_folder(folder) as opened:
        if opened is None:
            return False
        document = _load(opened.named(name), opened.descriptor)
        if not is_signed(document, load_key(settings.data_dir, create=False)):
            return False
        os.unlink(opened.named(name), dir_fd=opened.descriptor)
    return True


def _places(path: bytes, settings: Settings) -> list[bytes]:
    """Return the paths a sidecar may have: beside the track if set and possible, then in the data folder."""
    digest = hashlib.blake2b(path, digest_size=16).hexdigest()
    folder = settings.data_dir / "sidecars" / digest[:2]
    places = [os.fsencode(folder / digest) + SUFFIX]
    if settings.sidecars == "beside" and len(os.path.basename(path)) + len(SUFFIX) <= LONGEST_NAME:
        places.insert(0, path + SUFFIX)
    return places


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


def _foreign(folder: Folder, name: bytes) -> bool:
    """Return True if the file of that name is not a sidecar this program may replace."""
    place = folder.named(name)
    try:
        status = os.lstat(place, dir_fd=folder.descriptor)
    except FileNotFoundError:
        return False
    return not (is_regular(status) and sidecar_format.is_ours(_load(place, folder.descriptor)))


def _write(folder: Folder, name: bytes, content: bytes) -> None:
    with replacing(folder, name) as file:
        file.write(content)
