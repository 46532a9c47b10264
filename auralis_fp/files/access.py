"""Which files requests may name."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from ..errors import RequestError
from ..models import FileStamp
from ..settings import Settings
from .descriptors import realpath_of
from .formats import is_music
from .mounts import is_local, mount_of, read_mounts
from .on_disk_names import on_disk_name
from .paths import innermost, is_below, relative_path
from .placeholders import has_no_blocks, is_placeholder
from .regular import NotRegularFileError, open_regular, require_regular
from .stamping import stamp_of

_O_PATH: Final = getattr(os, "O_PATH", None)  # pins a file of any kind without opening it for reading


class PathPolicy:
    """Restricts requests to files in the libraries.

    Parameters
    ----------
    libraries : sequence of Path
    anywhere : bool
        Allow files outside the libraries too.
    follow_links_to : sequence of Path
        Folders outside the libraries that links in them may lead to.
    """

    def __init__(
        self, libraries: Sequence[Path], *, anywhere: bool = False, follow_links_to: Sequence[Path] = ()
    ) -> None:
        self._roots = [os.fsencode(folder) for folder in libraries]
        self._anywhere = anywhere
        self._link_targets = [os.fsencode(folder) for folder in follow_links_to]

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the policy of a service."""
        return cls(settings.libraries, anywhere=settings.allow_any_path, follow_links_to=settings.follow_links_to)

    def resolve(self, path: bytes) -> tuple[bytes, FileStamp]:
        """Return a file's path as the library spells it, and its stamp. Blocking.

        Raises
        ------
        RequestError
            403 outside the libraries (whether or not it exists), 404 missing, 415 not an audio file.
        """
        with _pinned(path) as descriptor:
            real = None if descriptor is None else realpath_of(descriptor, path)
            return self._resolve(path, real or os.path.realpath(path), descriptor if real is not None else None)

    def open(self, path: bytes) -> tuple[int, FileStamp]:
        """Open a file for reading; return its descriptor and stamp. Blocking.

        What was opened is checked, so that a link that is changed meanwhile leads nowhere else.

        Raises
        ------
        RequestError
            As ``resolve``; 403 also for a file that may not be read.
        """
        self.resolve(path)
        with _as_request_error():
            descriptor = open_regular(path)
        try:
            real = realpath_of(descriptor, path) or os.path.realpath(path)
            return descriptor, self._resolve(path, real, descriptor)[1]
        except RequestError:
            os.close(descriptor)
            raise

    def _resolve(self, path: bytes, real: bytes, descriptor: int | None) -> tuple[bytes, FileStamp]:
        library_path = self._library_path(path, real)
        if library_path is None and not self._anywhere:
            raise RequestError(403, "outside_roots", "The file lies outside the music folders.")
        stamp = _stamp(path, descriptor)
        if not is_music(path):
            raise RequestError(415, "not_audio", "The name of the file is not that of an audio file.")
        return library_path or real, stamp

    def _library_path(self, path: bytes, real: bytes) -> bytes | None:
        for root in self._roots:
            below = relative_path(real, os.path.realpath(root))
            if below is not None:
                plain = os.path.normpath(path) == path and is_below(path, root)
                spelled = path if plain else os.path.join(root, below)
                return on_disk_name(spelled, root) or spelled
        holding = innermost(path, self._roots)
        if holding is None or os.path.normpath(path) != path or not self._is_link_target(real):
            return None
        return on_disk_name(path, holding) or path

    def _is_link_target(self, real: bytes) -> bool:
        return any(is_below(real, os.path.realpath(target)) for target in self._link_targets)


@contextmanager
def _pinned(path: bytes) -> Iterator[int | None]:
    """Pin the file that *path* leads to now, without reading it; None if it cannot be opened."""
    try:
        if _O_PATH is None:
            require_regular(os.stat(path))
        descriptor = os.open(path, _O_PATH if _O_PATH is not None else os.O_RDONLY)
    except (OSError, ValueError):
        descriptor = None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def _as_request_error() -> Iterator[None]:
    """Raise the errors of opening a file as ``RequestError``."""
    try:
        yield
    except NotRegularFileError:
        raise RequestError(415, "not_a_file", "This is not a regular file.") from None
    except PermissionError:
        raise RequestError(403, "unreadable", "The file may not be read.") from None
    except (OSError, ValueError):
        raise RequestError(404, "file_not_found", "The file does not exist.") from None


def _stamp(path: bytes, descriptor: int | None) -> FileStamp:
    with _as_request_error():
        status = require_regular(os.stat(path) if descriptor is None else os.fstat(descriptor))
    if is_placeholder(status) or (has_no_blocks(status) and is_local(mount_of(os.path.realpath(path), read_mounts()))):
        raise RequestError(409, "placeholder", "The content of the file is not on this disk.")
    return stamp_of(status)
