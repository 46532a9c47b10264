"""Where each library lies: its real path, its disk, and the disks mounted below it.

Remembered over restarts, so that a disk that is not mounted is never mistaken for an empty folder. Methods block; they
are called in threads.
"""

import json
import os
from collections.abc import Mapping
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
    below : mapping of bytes to str
        Mount points below it, spelled through the library, with the ids of the file systems; empty if unknown.
    identity : str
        Id of its own file system; empty if unknown.
    device : int or None
        Its device number, which is only valid until the next start.
    """

    real: bytes
    mount: bytes
    below: Mapping[bytes, str]
    identity: str = ""
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
        inside = ((relative_path(mount.point, real), mount) for mount in mounts_below(real, mounts))
        below = {os.path.join(root, point): _identity(mount) for point, mount in inside if point is not None}
        try:
            device = os.stat(real).st_dev
        except OSError:
            device = None
        if holding is None:
            return Place(real, b"", below, device=device)
        return Place(real, holding.point, below, _identity(holding), device)

    def mounts(self) -> tuple[Mount, ...]:
        """Return the present mounts."""
        return read_mounts(self._table)

    def is_local(self, path: bytes) -> bool:
        """Return True if a path lies on a file system of this machine's own disks."""
        return is_local(mount_of(os.path.realpath(path), self.mounts()))

    def doubtful_kinds(self, root: bytes) -> tuple[str, ...]:
        """Return the file systems of a library on which changes may not be announced."""
        return doubtful_kinds(os.path.realpath(root), self.mounts())

    def remember(self, root: bytes, away: frozenset[bytes] = frozenset()) -> None:
        """Remember where a library lies now.

        Parameters
        ----------
        root : bytes
        away : frozenset of bytes
            Mount points below it of which the earlier disk, or that there was none, stays remembered.
        """
        place, known = self.current(root), self._remembered.get(root)
        below = {point: identity for point, identity in place.below.items() if point not in away}
        if known is not None:
            below |= {point: identity for point, identity in known.below.items() if point in away}
        self._remembered[root] = place._replace(below=below)

    def retain(self, roots: AbstractSet[bytes]) -> None:
        """Forget all libraries but these."""
        self._remembered = {root: place for root, place in self._remembered.items() if root in roots}

    def away(self, root: bytes) -> frozenset[bytes]:
        """Return the mount points below a library that do not hold what they held.

        They are not mounted now, hold another disk, or are new and may hide what lay in the folder before.
        """
        known = self._remembered.get(root)
        if known is None:
            return frozenset()
        below = self.current(root).below
        new = {point for point, identity in below.items() if _differ(known.below.get(point), identity)}
        return frozenset(new | (known.below.keys() - below.keys()))

    def displaced(self, root: bytes) -> str:
        """Return why a library is not where it was; empty if it is."""
        known, now = self._remembered.get(root), self.current(root)
        if known is None:
            return ""
        if known.real != now.real:
            return f"The folder leads to {os.fsdecode(now.real)} instead of {os.fsdecode(known.real)}."
        if known.mount != now.mount and is_same_or_below(known.mount, now.mount):
            return f"The disk at {os.fsdecode(known.mount)} is not mounted."
        other = known.device is not None and known.device != now.device
        if known.mount != now.mount or other or _differ(known.identity, now.identity):
            return "Another disk is mounted here."
        return ""

    def signature(self, root: bytes) -> tuple[Any, ...]:
        """Return a value that changes whenever something is mounted or unmounted at or below a library."""
        real, mounts = os.path.realpath(root), self.mounts()
        return real, mount_of(real, mounts), mounts_below(real, mounts)

    def dump(self) -> str:
        """Return what is remembered, as JSON."""
        places = {
            os.fsdecode(root): {
                "real": os.fsdecode(known.real),
                "mount": os.fsdecode(known.mount),
                "below": {os.fsdecode(point): identity for point, identity in sorted(known.below.items())},
                "identity": known.identity,
            }
            for root, known in sorted(self._remembered.items())
        }
        return json.dumps(places)

    def load(self, text: str) -> None:
        """Take over what an earlier run remembered; libraries seen since are kept."""
        for root, saved in json.loads(text).items():
            self._remembered.setdefault(os.fsencode(root), _place(saved))


def _place(saved: Any) -> Place:
    """Return a place as an earlier run saved it; earlier versions saved a list without ids of file systems."""
    if isinstance(saved, list):
        real, mount, *points = saved
        below, identity = dict.fromkeys(points, ""), ""
    else:
        real, mount, below, identity = (saved[name] for name in ("real", "mount", "below", "identity"))
    named = {os.fsencode(point): identity for point, identity in below.items()}
    return Place(os.fsencode(real), os.fsencode(mount), named, identity)


def _identity(mount: Mount) -> str:
    """Return the id of a mounted file system, or its kind and source if it has none, and the folder that is mounted."""
    try:
        number = os.statvfs(mount.point).f_fsid
    except OSError:
        number = 0
    name = f"{number:x}" if number else f"{mount.kind} {os.fsdecode(mount.source)}"
    return f"{name} {os.fsdecode(mount.root)}"


def _differ(known: str | None, now: str) -> bool:
    """Return True if two ids of file systems, empty if unknown, differ; None stands for no file system."""
    return known is None or bool(known and now and known != now)
