"""Mount tables that tests write."""

import os
from pathlib import Path


class MountTable:
    """A mount table with mounts that can be added and removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.points = [b"/"]
        self.write()

    def write(self) -> None:
        """Write the table."""
        lines = [b"%d 1 8:%d / %s rw - ext4 /dev/sd%d rw\n" % (n, n, point, n) for n, point in enumerate(self.points)]
        self.path.write_bytes(b"".join(lines))

    def mount(self, folder: Path) -> None:
        """Add a mount."""
        self.points.append(os.fsencode(folder))
        self.write()

    def unmount(self, folder: Path) -> None:
        """Remove a mount."""
        self.points.remove(os.fsencode(folder))
        self.write()
