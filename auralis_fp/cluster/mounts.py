"""Names of music folders, by which machines that mount them at different places speak of the same files."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..errors import SettingsError
from ..files.paths import innermost, split_path

_ASSIGNMENT: Final = re.compile(r"([^=/\\\0]{1,100})=(.+)", re.DOTALL)


def parse_mounts(texts: Sequence[str]) -> dict[str, Path]:
    """Return folders by name from ``NAME=FOLDER`` texts.

    Raises
    ------
    SettingsError
        A text has another form, a folder is not absolute, or a name or a folder occurs twice.
    """
    found: dict[str, Path] = {}
    for text in texts:
        match = _ASSIGNMENT.fullmatch(text)
        if match is None or not Path(match[2]).expanduser().is_absolute():
            raise SettingsError("mounts", f"{text!r} does not have the form NAME=/absolute/folder")
        name, folder = match[1], Path(os.path.normpath(Path(match[2]).expanduser()))
        if found.setdefault(name, folder) != folder:
            raise SettingsError("mounts", f"{name!r} names two folders: {found[name]} and {folder}")
    folders = list(found.values())
    for name, folder in found.items():
        if folders.count(folder) > 1:
            raise SettingsError("mounts", f"{folder} has two names, one of them {name!r}")
    return found


def name_roots(roots: Sequence[Path], mounts: Sequence[str]) -> dict[bytes, str]:
    """Return the mount name of each music folder.

    Parameters
    ----------
    roots : sequence of Path
    mounts : sequence of str
        ``NAME=FOLDER`` texts; a folder without one is called by the last part of its path.

    Raises
    ------
    SettingsError
        Two folders have the same name, or a text is invalid.
    """
    given = {folder: name for name, folder in parse_mounts(mounts).items()}
    names: dict[str, Path] = {}
    for root in roots:
        name = given.get(root) or root.name or "music"
        other = names.setdefault(name, root)
        if other != root:
            raise SettingsError(
                "mounts", f'{other} and {root} are both called {name!r}; name one of them with mounts = ["NAME={root}"]'
            )
    return {os.fsencode(root): name for name, root in names.items()}


def locate(path: bytes, names: Mapping[bytes, str]) -> tuple[str, bytes] | None:
    """Return the mount name of a file and its path below the mount; None if it lies in no named folder.

    Parameters
    ----------
    path : bytes
    names : mapping of bytes to str
        As returned by ``name_roots``.
    """
    root = innermost(path, names)
    return None if root is None else (names[root], os.path.relpath(path, root))


def resolve(mount: str, below: bytes, mounts: Mapping[str, bytes]) -> bytes | None:
    """Return where a file lies on this machine; None if the mount is unknown or the path leads out of it.

    Parameters
    ----------
    mount : str
    below : bytes
        Path below the mount.
    mounts : mapping of str to bytes
        Folders by name.
    """
    folder = mounts.get(mount)
    if folder is None or not below or os.path.isabs(below) or b".." in split_path(below) or b"\0" in below:
        return None
    return os.path.join(folder, below)
