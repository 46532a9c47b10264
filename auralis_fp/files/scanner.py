"""Walking the libraries: finds music files in one pass and keeps nothing.

These functions block; they are called in threads.
"""

import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

from ..models import FileEvent, FileStamp
from .formats import is_music, is_unsupported_audio
from .omissions import Omissions, Reason
from .paths import directory_prefix, is_below, is_same_or_below
from .placeholders import is_stub_name
from .regular import is_regular
from .rules import REMOVED, Rules
from .stamping import stamp_of
from .temporary_names import is_temporary, is_unfinished_music

SIDECAR_SUFFIX: Final = b".25d"
_REFUSED: Final = frozenset((errno.EACCES, errno.EPERM))


def is_sidecar_name(name: bytes) -> bool:
    """Return True if the name is that of the sidecar of a music file."""
    stem, suffix = os.path.splitext(name)
    return suffix.lower() == SIDECAR_SUFFIX and is_music(stem)


def stat_audio(path: bytes, rules: Rules) -> FileStamp | None:
    """Return the stamp of the regular file at *path*; None for anything else and for links out of the libraries."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            if not rules.contains(path):
                return None
            status = os.stat(path)
    except OSError:  # missing or unreadable
        return None
    return stamp_of(status) if is_regular(status) and not rules.is_placeholder(path, status) else None


def walk(folder: bytes, root: bytes, rules: Rules, omissions: Omissions | None = None) -> Iterator[FileEvent]:
    """Yield the music files below *folder*, which lies in *root*.

    Links to folders are entered only where the rules say so: other targets are found in their own place, or lie outside
    the libraries.

    Parameters
    ----------
    folder : bytes
    root : bytes
    rules : Rules
    omissions : Omissions, optional
        Counts what is left out.

    Raises
    ------
    OSError
        *folder* itself cannot be read. Unreadable folders below it are skipped.
    """
    yield from _Walk(root, rules, omissions or Omissions()).files(folder)  # begins in the thread that iterates


class _Walk:
    """One walk through a library."""

    def __init__(self, root: bytes, rules: Rules, omissions: Omissions) -> None:
        self._prefix = len(directory_prefix(root))
        self._real_root = os.path.realpath(root)
        self._rules = rules
        self._omissions = omissions
        self._visited: set[tuple[int, int]] = set()
        self._pending: list[bytes] = []
        self._undecided: list[tuple[bytes, os.stat_result]] = []

    def files(self, folder: bytes) -> Iterator[FileEvent]:
        """Yield the music files below a folder."""
        self._pending.append(folder)
        while self._pending:
            current = self._pending.pop()
            try:
                status = os.stat(current)
                if status.st_ino and (status.st_dev, status.st_ino) in self._visited:
                    if os.path.realpath(current) == os.path.join(self._real_root, current[self._prefix :]):
                        self._omissions.add(Reason.SECOND_PLACE, current[self._prefix :])
                    continue  # a link to what was visited leaves nothing out
                self._visited.add((status.st_dev, status.st_ino))
                with os.scandir(current) as entries:
                    yield from self._entries(current, entries)
            except OSError as error:
                if current == folder:
                    raise
                self._failed(current, error)
        yield from self._decide()

    def _entries(self, folder: bytes, entries: Iterator["os.DirEntry[bytes]"]) -> Iterator[FileEvent]:
        names: set[bytes] = set()
        sidecars: list[bytes] = []
        for entry in entries:
            try:
                if entry.name.endswith(SIDECAR_SUFFIX) and not entry.is_dir(follow_symlinks=False):
                    sidecars.append(entry.name)
                    continue
                names.add(entry.name)
                if entry.is_symlink() and os.path.isdir(entry.path):
                    self._note_link(entry)
                is_audio = is_music(entry.name)
                reason = self._omission(entry, is_audio=is_audio)
                if reason is not None:
                    self._count(reason, entry)
                elif entry.is_dir():
                    if not entry.is_symlink() or self._rules.follows(entry.path):
                        self._pending.append(entry.path)
                elif is_audio:
                    status = entry.stat()
                    if self._rules.note_blocks(status):
                        yield FileEvent(entry.path, stamp_of(status))
                    else:  # perhaps a placeholder, on a file system that may not report blocks
                        self._undecided.append((entry.path, status))
            except OSError as error:
                self._failed(entry.path, error)
        self._omissions.add_strays(folder, sidecars, names)

    def _note_link(self, entry: "os.DirEntry[bytes]") -> None:
        """Note a link to a folder that lies in the library or holds it."""
        real = os.path.realpath(entry.path)
        if is_same_or_below(real, self._real_root) or is_below(self._real_root, real):
            self._omissions.note_inner_link(entry.path)

    def _decide(self) -> Iterator[FileEvent]:
        """Yield the files without blocks on file systems that report no blocks of any file."""
        for path, status in self._undecided:
            if self._rules.is_placeholder(path, status):
                self._omissions.add(Reason.PLACEHOLDER, path[self._prefix :])
            else:
                yield FileEvent(path, stamp_of(status))

    def _omission(self, entry: "os.DirEntry[bytes]", *, is_audio: bool) -> Reason | None:
        """Return why an entry is left out; None if it is not."""
        if not is_audio and is_stub_name(entry.name):
            return Reason.PLACEHOLDER
        reason = self._rules.omission(entry.name, entry.path[self._prefix :])
        if reason is None and entry.is_symlink():
            reason = self._link_omission(entry)
        if reason is None and not entry.is_dir():
            return self._audio_omission(entry) if is_audio else self._other_omission(entry)
        return reason

    def _link_omission(self, entry: "os.DirEntry[bytes]") -> Reason | None:
        try:
            os.stat(entry.path)
        except OSError as error:
            if error.errno not in REMOVED:
                raise
            return Reason.BROKEN_LINK
        return None if self._rules.contains(entry.path) else Reason.LINK_OUTSIDE

    def _audio_omission(self, entry: "os.DirEntry[bytes]") -> Reason | None:
        if is_temporary(entry.name):
            return Reason.TEMPORARY
        status = entry.stat()
        if not is_regular(status):
            return Reason.NOT_REGULAR
        return Reason.PLACEHOLDER if self._rules.is_placeholder(entry.path, status) else None

    def _other_omission(self, entry: "os.DirEntry[bytes]") -> Reason | None:
        return Reason.UNSUPPORTED if is_unsupported_audio(entry.name) else None

    def _count(self, reason: Reason, entry: "os.DirEntry[bytes]") -> None:
        """Count a folder or audio file; other files, and resource forks of macOS, are no music."""
        is_audio = any(test(entry.name) for test in (is_music, is_unsupported_audio, is_stub_name, is_unfinished_music))
        if reason is Reason.BROKEN_LINK and is_audio:
            self._omissions.broken_links.append(entry.path)
        if not entry.name.startswith(b"._") and (is_audio or entry.is_dir()):
            self._omissions.add(reason, entry.path[self._prefix :])

    def _failed(self, path: bytes, error: OSError) -> None:
        """Count an unreadable entry; one that was removed after it was listed is not counted."""
        if error.errno not in REMOVED:
            self._omissions.add(Reason.UNREADABLE, path[self._prefix :])
        if error.errno not in REMOVED | _REFUSED:
            self._omissions.interrupt()
