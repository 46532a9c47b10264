"""Where each library lies: its real path, its disk, and the disks mounted below it.

Remembered over restarts, so that a disk that is not mounted is never mistaken for an empty folder. Methods block; they
are called in threads.
"""

import json
import os
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, NamedTuple

from .mounts import MOUNT_TABLE, Mount, doubtful_kinds, is_local, mount_of, mounts_below, read_mounts
from .paths import is_same_or_below, relative_path


class Place(NamedTuple):
    """Where a library lies.

    Parameters
    ----------
    real : bytes
        Its path with links resolved.
    mount : bytes
        The mount point that holds it; empty if unknown.
    below : frozenset of bytes
        Mount points below it, spelled through the library.
    device : int or None
        Its device number, which is only valid until the next start.
    """

    real: bytes
    mount: bytes
    below: frozenset[bytes]
    device: int | None = None


class Places:
    """Compares where libraries lie with where they lay when they were last swept.

    Parameters
    ----------
    table : Path
        The kernel's mount table.
    """

    def __init__(self, table: Path = MOUNT_TABLE) -> None:
        self._table = table
        self._remembered: dict[bytes, Place] = {}

    def current(self, root: bytes) -> Place:
        """Return where a library lies now."""
        real, mounts = os.path.realpath(root), self.mounts()
        holding = mount_of(real, mounts)
        points = (relative_path(mount.point, real) for mount in mounts_below(real, mounts))
        below = frozenset(os.path.join(root, point) for point in points if point is not None)
        try:
            device = os.stat(real).st_dev
        except OSError:
            device = None
        return Place(real, b"" if holding is None else holding.point, below, device)

    def mounts(self) -> tuple[Mount, ...]:
        """Return the present mounts."""
        return read_mounts(self._table)

    def is_local(self, path: bytes) -> bool:
        """Return True if a path lies on a file system of this machine's own disks."""
        return is_local(mount_of(os.path.realpath(path), self.mounts()))

    def doubtful_kinds(self, root: bytes) -> tuple[str, ...]:
        """Return the file systems of a library on which changes may not be announced."""
        return doubtful_kinds(os.path.realpath(root), self.mounts())

    def remember(self, root: bytes, unmounted: frozenset[bytes] = frozenset()) -> None:
        """Remember where a library lies now.

        Parameters
        ----------
        root : bytes
        unmounted : frozenset of bytes
            Mount points below it that are not mounted, but belong to it.
        """
        place = self.current(root)
        self._remembered[root] = place._replace(below=place.below | unmounted)

    def retain(self, roots: AbstractSet[bytes]) -> None:
        """Forget all libraries but these."""
        self._remembered = {root: place for root, place in self._remembered.items() if root in roots}

    def unmounted(self, root: bytes) -> frozenset[bytes]:
        """Return the remembered mount points below a library that are not mounted now."""
        known = self._remembered.get(root)
        return frozenset() if known is None else known.below - self.current(root).below

    def displaced(self, root: bytes) -> str:
        """Return why a library is not where it was; empty if it is."""
        known, now = self._remembered.get(root), self.current(root)
        if known is None:
            return ""
        if known.real != now.real:
            return f"The folder leads to {os.fsdecode(now.real)} instead of {os.fsdecode(known.real)}."
        if known.mount != now.mount and is_same_or_below(known.mount, now.mount):
            return f"The disk at {os.fsdecode(known.mount)} is not mounted."
        if known.mount != now.mount or (known.device is not None and known.device != now.device):
            return "Another disk is mounted here."
        return ""

    def signature(self, root: bytes) -> tuple[Any, ...]:
        """Return a value that changes whenever something is mounted or unmounted at or below a library."""
        real, mounts = os.path.realpath(root), self.mounts()
        return self.current(root), mount_of(real, mounts), mounts_below(real, mounts)

    def dump(self) -> str:
        """Return what is remembered, as JSON."""
        places = {
            os.fsdecode(root): [os.fsdecode(path) for path in (known.real, known.mount, *sorted(known.below))]
            for root, known in sorted(self._remembered.items())
        }
        return json.dumps(places)

    def load(self, text: str) -> None:
        """Take over what an earlier run remembered; libraries seen since are kept."""
        for root, (real, mount, *below) in json.loads(text).items():
            place = Place(os.fsencode(real), os.fsencode(mount), frozenset(map(os.fsencode, below)))
            self._remembered.setdefault(os.fsencode(root), place)
