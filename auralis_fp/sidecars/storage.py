"""The ``.25d`` file beside a track: written whole or not at all, believed only when everything matches.

What is read comes from the outside and is trusted in nothing. These functions block; they are called in threads.
"""

import contextlib
import errno
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from .. import schema
from .._version import __version__
from ..files.content_id import DIGEST_BYTES
from ..files.descriptors import is_within
from ..files.regular import is_regular, open_regular
from ..models import Analysed, FileStamp
from ..runtime.serialization import to_json
from ..settings import Settings
from ..store.records import metadata_from_json

SUFFIX: Final = b".25d"
FORMAT_VERSION: Final = "1.0"
LONGEST: Final = 64 << 10  # bytes read at most; ours have about 2 kB
_REFUSED: Final = frozenset((errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT))
LONGEST_NAME: Final = 255  # bytes, on the usual file systems
_REPLACE_TRIES: Final = 5  # on Windows another program may have the old one open for a moment


def read(path: bytes, stamp: FileStamp, settings: Settings, content: bytes | None = None) -> Analysed | None:
    """Return the fingerprint that a sidecar holds for this very file, if there is one to believe.

    Parameters
    ----------
    path : bytes
        The audio file.
    stamp : FileStamp
        The audio file as it is now.
    settings : Settings
    content : bytes, optional
        What names the music in it: a sidecar of the same music is believed whatever the stamp.
    """
    if settings.sidecars == "off":
        return None
    for place in _places(path, settings):
        found = _believed(_load(place), stamp, content)
        if found is not None:
            return found
    return None


def write(
    path: bytes,
    analysed: Analysed,
    stamp: FileStamp,
    settings: Settings,
    on_refused: Callable[[OSError | None], None] = lambda _: None,
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
        Told why the folder of the music cannot be written, and None when it was.
    within : sequence of bytes
        The folders, free of links, that the music's folder must lie in when it is written to; none: anywhere.

    Returns
    -------
    bytes or None
        Where it went: beside the file, or into the data folder if that is set, if the music folder cannot be written,
        or if a sidecar of another program lies there. None if sidecars are off.

    Raises
    ------
    OSError
        It could be written in neither place.
    """
    if settings.sidecars == "off":
        return None
    content = to_json(_document(path, analysed, stamp)).encode("ascii") + b"\n"
    *beside, elsewhere = _places(path, settings)
    for place in beside:
        folder, name = os.path.split(place)
        try:
            with _held(folder, within) as held:
                if held is not None and not _foreign(held, name):
                    _replace(held, name, content)
                    on_refused(None)
                    return place
        except OSError as error:  # read-only, full or too long a name: the other place serves
            if error.errno in _REFUSED:
                on_refused(error)
    folder, name = os.path.split(elsewhere)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with _held(folder, ()) as held:
        assert held is not None  # noqa: S101 - any place will do
        _replace(held, name, content)
    return elsewhere


def clear_away(paths: Iterable[bytes], settings: Settings) -> None:
    """Remove what a run that was killed may have left half written where the sidecars of these files go."""
    for place in (place for path in paths for place in _places(path, settings)):
        folder, start = os.path.split(_partial(place))
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for name in [entry.name for entry in entries if entry.name.startswith(start)]:
                os.unlink(os.path.join(folder, name))


def _partial(place: bytes) -> bytes:
    """Return where a sidecar is written before it is put in place, but for the number of the process at its end."""
    folder, name = os.path.split(place)
    return os.path.join(folder, _partial_name(name))


def _partial_name(name: bytes) -> bytes:
    return b"." + name[:200] + b".partial-"


def _places(path: bytes, settings: Settings) -> list[bytes]:
    """Return where a sidecar may lie: beside the file if that is set and possible, then in the data folder."""
    digest = hashlib.blake2b(path, digest_size=16).hexdigest()
    folder = settings.data_dir / "sidecars" / digest[:2]
    places = [os.fsencode(folder / digest) + SUFFIX]
    if settings.sidecars == "beside" and len(os.path.basename(path)) + len(SUFFIX) <= LONGEST_NAME:
        places.insert(0, path + SUFFIX)
    return places


class _Folder(NamedTuple):
    """A folder held open, which stays the same whatever its path leads to; without descriptor where that cannot be."""

    path: bytes
    descriptor: int | None

    def named(self, name: bytes) -> bytes:
        """Return how a file in it is called, beside the descriptor."""
        return os.path.join(self.path, name) if self.descriptor is None else name


@contextlib.contextmanager
def _held(path: bytes, within: Sequence[bytes]) -> Iterator[_Folder | None]:
    """Hold a folder; None if by now it lies in none of the folders *within*."""
    if os.open not in os.supports_dir_fd:  # Windows
        yield _Folder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _Folder(path, descriptor) if not within or is_within(descriptor, path, within) else None
    finally:
        os.close(descriptor)


def _load(place: bytes, folder: int | None = None) -> Any:
    """Return what JSON a regular file of reasonable size holds; None for everything else."""
    try:
        descriptor = open_regular(place, follow=False, dir_fd=folder)
        try:
            content = os.read(descriptor, LONGEST + 1)
        finally:
            os.close(descriptor)
        return json.loads(content) if len(content) <= LONGEST else None
    except (OSError, ValueError, RecursionError):  # not there, not JSON: no sidecar
        return None


def _believed(document: Any, stamp: FileStamp, content: bytes | None) -> Analysed | None:
    """Return the fingerprint of a document that is ours, of this version, and of this very file or its music."""
    match document:
        case {
            "format_version": "1.0",
            "algorithm": schema.ALGORITHM,
            "algorithm_version": schema.ALGORITHM_VERSION,
            "audio_file": dict() as file,
            "fingerprint": dict() as values,
            "metadata": dict() as metadata,
            "processing_time_ms": int() | float() as milliseconds,
        } if schema.fault_of(values) is None and 0 <= milliseconds < 1e12:
            known = _content(file.get("content_id"))
            if (file.get("size_bytes"), file.get("mtime_ns")) != (stamp.size, stamp.mtime_ns) and (
                content is None or known != content
            ):
                return None
            try:
                track = metadata_from_json(metadata)
            except ValueError:
                return None
            return Analysed({name: float(values[name]) for name in schema.NAMES}, track, float(milliseconds), known)
    return None


def _content(text: object) -> bytes | None:
    try:
        return bytes.fromhex(text) if isinstance(text, str) and len(text) == 2 * DIGEST_BYTES else None
    except ValueError:
        return None


def _foreign(folder: _Folder, name: bytes) -> bool:
    """Say whether another program's sidecar lies there. Unmarked "1.0" files are the founding server's: not kept."""
    place = folder.named(name)
    try:
        status = os.lstat(place, dir_fd=folder.descriptor)
    except FileNotFoundError:
        return False
    if not is_regular(status):
        return True
    document = _load(place, folder.descriptor)
    return not (isinstance(document, dict) and document.get("format_version") == FORMAT_VERSION)


def _document(path: bytes, analysed: Analysed, stamp: FileStamp) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "algorithm": schema.ALGORITHM,
        "algorithm_version": schema.ALGORITHM_VERSION,
        "auralis_version": __version__,
        "generated_at": datetime.now(UTC).isoformat(),
        "audio_file": {
            "path": os.fsdecode(os.path.basename(path)),
            "size_bytes": stamp.size,
            # local time without zone: the host compares it as text
            "modified_at": datetime.fromtimestamp(stamp.mtime_ns / 1e9).isoformat(),  # noqa: DTZ006
            "mtime_ns": stamp.mtime_ns,
            "content_id": analysed.content.hex() if analysed.content is not None else None,
        },
        "fingerprint": analysed.fingerprint,
        "processing_time_ms": analysed.processing_time_ms,
        "processing_cache": {},
        "metadata": analysed.metadata.as_json(),
    }


def _replace(folder: _Folder, name: bytes, content: bytes) -> None:
    """Put *content* under *name* so that a reader finds the old file or the new one, whatever happens in between."""
    place, within = folder.named(name), folder.descriptor
    partial = folder.named(_partial_name(name) + b"%d" % os.getpid())
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
    if within is not None:  # so that a power cut does not undo the change of name
        with contextlib.suppress(OSError):  # some network file systems refuse; the file itself is safe
            os.fsync(within)
