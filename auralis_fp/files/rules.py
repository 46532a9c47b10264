"""Which paths below the libraries are music, and whether a known file is still there.

Methods that read the disk block; they are called in threads.
"""

import errno
import fnmatch
import functools
import os
import re
import stat
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, Self

from ..settings import SYSTEM_FOLDERS, Settings
from .formats import is_music
from .mounts import lacks_ctime
from .omissions import Reason
from .on_disk_names import on_disk_name
from .paths import innermost, is_same_or_below, relative_path, split_path
from .placeholders import has_no_blocks, is_placeholder
from .places import Places
from .regular import is_regular
from .temporary_names import is_temporary, is_unfinished_music

REMOVED: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


class Presence(Enum):
    """State of a file that was seen before."""

    THERE = "there"
    GONE = "gone"
    PLACEHOLDER = "placeholder"  # there, but its content is not on this disk
    UNREADABLE = "unreadable"
    AWAY = "away"  # its library, or the disk it lies on, is not mounted


_MISSING: Final = frozenset((Presence.GONE, Presence.UNREADABLE))


class Rules:
    """Decides which paths below the libraries are considered.

    Parameters
    ----------
    roots : sequence of bytes
        The libraries.
    ignore : sequence of str
        Shell patterns of names, or of paths below a root, to leave out.
    system_folders : sequence of str
        Shell patterns of names to leave out, in any letter case.
    follow_links_to : sequence of bytes
        Folders outside the libraries that links may lead to. All other links out of the libraries are not followed.
    """

    def __init__(
        self,
        roots: Sequence[bytes],
        ignore: Sequence[str] = (),
        system_folders: Sequence[str] = SYSTEM_FOLDERS,
        follow_links_to: Sequence[bytes] = (),
    ) -> None:
        self.places = Places()
        self._reporting: dict[int, bool] = {}  # whether files of a device without blocks are placeholders
        self._ignored = _any_of(pattern.strip("/") for pattern in ignore)
        self._system_folders = _any_of(name.casefold() for name in system_folders)
        self._link_targets = [os.path.realpath(folder) for folder in follow_links_to]
        self.set_roots(roots)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the rules of a service. Blocking: it resolves links, for which a disk may have to wake up."""
        return cls(
            [os.fsencode(folder) for folder in settings.libraries],
            settings.ignore,
            settings.system_folders,
            [os.fsencode(folder) for folder in settings.follow_links_to],
        )

    def load_places(self, text: str) -> None:
        """Take over where the present libraries lay, as an earlier run saved it."""
        self.places.load(text)
        self._retain_places()

    def _retain_places(self) -> None:
        self.places.retain({*self._roots, *self._link_targets})

    def set_roots(self, roots: Sequence[bytes]) -> None:
        """Replace the libraries. Blocking."""
        self._roots = {root: os.path.realpath(root) for root in roots}
        self._retain_places()

    def refresh(self, root: bytes) -> None:
        """Resolve the links of a library again. Blocking."""
        self._roots[root] = os.path.realpath(root)

    def root_of(self, path: bytes) -> bytes | None:
        """Return the innermost library that *path* lies in."""
        return innermost(path, self._roots)

    def without_ctime(self) -> tuple[bytes, ...]:
        """Return the libraries of which a file system keeps no ctime. Blocking."""
        mounts = self.places.mounts()
        return tuple(root for root, real in self._roots.items() if lacks_ctime(real, mounts))

    def bounds(self, path: bytes) -> tuple[bytes, ...]:
        """Return the folders, without links, one of which must hold the opened file; empty allows any."""
        return () if self.root_of(path) is None else (*self._roots.values(), *self._link_targets)

    def is_mounted(self, root: bytes) -> bool:
        """Return True if a library is readable, non-empty and where it was when it was last swept. Blocking."""
        try:
            with os.scandir(root) as entries:
                return next(entries, None) is not None and not self.places.displaced(root)
        except OSError:
            return False

    def away_folder(self, path: bytes) -> bytes | None:
        """Return the folder that holds *path* and whose disk is not there; None if all are there. Blocking."""
        return self.away_folders([path]).get(path)

    def away_folders(self, paths: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the folder of each of *paths* whose disk is not there. Blocking.

        It is the library, a mount point below it, or a link in it to a folder of ``follow_links_to``.
        """
        away = functools.cache(self.places.away)
        is_mounted = functools.cache(self.is_mounted)
        found = {}
        for path in paths:
            root = self.root_of(path)
            if root is None:
                continue
            folder = innermost(path, away(root)) if is_mounted(root) else root
            if folder is None and self._link_targets:
                real = os.path.realpath(path)
                target = innermost(real, self._link_targets)
                if target is not None and not (is_mounted(target) and innermost(real, away(target)) is None):
                    folder = _first_link(path, root)
            if folder is not None:
                found[path] = folder
        return found

    def remember_place(self, root: bytes, away: frozenset[bytes] = frozenset()) -> None:
        """Remember where a library, and the folders that its links may lead to, lie now. Blocking.

        Parameters
        ----------
        root : bytes
        away : frozenset of bytes
            Mount points below the library that do not hold what they held.
        """
        self.places.remember(root, away)
        for target in self._link_targets:
            if self.is_mounted(target):
                self.places.remember(target, self.places.away(target))

    def presence(self, path: bytes) -> Presence:
        """Return whether a music file seen before is still there. Blocking."""
        return self.presences([path])[0]

    def presences(self, paths: Sequence[bytes]) -> list[Presence]:
        """Return the presence of several files; mounts are checked once, after the last file. Blocking."""
        found = [self._presence_by_stat(path) for path in paths]
        missing = (path for path, presence in zip(paths, found, strict=True) if presence in _MISSING)
        away = self.away_folders(missing)
        return [Presence.AWAY if path in away else presence for path, presence in zip(paths, found, strict=True)]

    def _presence_by_stat(self, path: bytes) -> Presence:
        root = self.root_of(path)
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)
            same_name = root is None or (self.contains(path) and on_disk_name(path, root) == path)
        except OSError as error:
            return Presence.GONE if error.errno in REMOVED else Presence.UNREADABLE
        if not (same_name and is_regular(status)):
            return Presence.GONE
        return Presence.PLACEHOLDER if self.is_placeholder(path, status) else Presence.THERE

    def omission(self, name: bytes, below_root: bytes) -> Reason | None:
        """Return why an entry is left out because of its name, or None.

        Parameters
        ----------
        name : bytes
        below_root : bytes
            Its path below its root.
        """
        music = is_music(name)
        if not music and is_unfinished_music(name):
            return Reason.TEMPORARY
        system_folders = None if music else self._system_folders
        if system_folders is not None and system_folders.match(os.fsdecode(name).casefold()):
            return Reason.SYSTEM_FOLDER
        if name.startswith(b".") and not name.startswith(b".."):  # titles may begin with an ellipsis
            return Reason.HIDDEN
        if self._ignored is None:
            return None
        ignored = self._ignored.match(os.fsdecode(name)) or self._ignored.match(os.fsdecode(below_root))
        return Reason.IGNORED if ignored else None

    def admits_file(self, name: bytes) -> bool:
        """Return True if the name is that of a music file, completely written."""
        return is_music(name) and not is_temporary(name)

    def admits_path(self, path: bytes, root: bytes) -> bool:
        """Return True if no component of *path* below *root* is left out by its name."""
        parts = split_path(relative_path(path, root) or b"")
        return all(self.omission(part, os.path.join(*parts[: index + 1])) is None for index, part in enumerate(parts))

    def is_placeholder(self, path: bytes, status: os.stat_result) -> bool:
        """Return True if the content of a file is not on this disk. Blocking."""
        if is_placeholder(status):
            return True
        if not has_no_blocks(status):
            return False
        if status.st_dev not in self._reporting:
            self._reporting[status.st_dev] = self.places.is_local(path)
        return self._reporting[status.st_dev]

    def note_blocks(self, status: os.stat_result) -> bool:
        """Learn from a file whether its file system reports blocks; return True if it does for this one."""
        if getattr(status, "st_blocks", 0):
            self._reporting[status.st_dev] = True
        return not has_no_blocks(status)

    def contains(self, path: bytes) -> bool:
        """Return True if *path*, with links resolved, lies in a root or a folder that links may lead to. Blocking."""
        real = os.path.realpath(path)
        return any(is_same_or_below(real, folder) for folder in (*self._roots.values(), *self._link_targets))

    def follows(self, folder: bytes) -> bool:
        """Return True if a walk enters a link to a folder: it leads to one of ``follow_links_to``. Blocking."""
        real = os.path.realpath(folder)
        return any(is_same_or_below(real, target) for target in self._link_targets)

    def reached_by_walk(self, path: bytes, root: bytes) -> bool:
        """Return True if a walk from *root* reaches *path*: links to folders on the way are followed. Blocking."""
        folder = os.path.dirname(path)
        below = os.path.relpath(folder, root)
        direct = os.path.normpath(os.path.join(os.path.realpath(root), below))
        return os.path.realpath(folder) == direct or self.follows(folder)

    def direct_path(self, path: bytes, root: bytes) -> bytes | None:
        """Return the path at which a walk from *root* reaches a file that was named through a link. Blocking.

        Parameters
        ----------
        path, root : bytes

        Returns
        -------
        bytes or None
            None if it lies outside the library, or is left out by its name.
        """
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        below = relative_path(real, os.path.realpath(root))
        direct = None if below is None else os.path.join(root, below)
        return direct if direct is not None and self.admits_path(direct, root) else None


def _first_link(path: bytes, root: bytes) -> bytes:
    """Return the first link on the way from *root* to *path*; *path* if there is none."""
    folder = root
    for part in split_path(relative_path(path, root) or b""):
        folder = os.path.join(folder, part)
        if os.path.islink(folder):
            break
    return folder


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """Return an expression that matches any of some shell patterns; None if there are none."""
    joined = "|".join(fnmatch.translate(pattern) for pattern in patterns)
    return re.compile(joined) if joined else None
