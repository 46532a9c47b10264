"""``worker``: a machine of a cluster."""

import platform
import sys
from dataclasses import replace

from ..cluster.courier_process import require_extra
from ..cluster.mounts import parse_mounts
from ..errors import SettingsError
from ..settings import Settings


async def work(settings: Settings, scheduler: str, name: str | None) -> int:
    """Work for the services of a scheduler until stopped.

    Parameters
    ----------
    settings : Settings
    scheduler : str
        Its address.
    name : str or None
        Name of this machine; None for its host name.

    Returns
    -------
    int
        Exit code, 0.

    Raises
    ------
    SettingsError
        The address, the name or a mount is invalid, or a mount is no folder.
    """
    require_extra()
    settings = replace(settings, cluster=scheduler)  # checks the address
    mounts = parse_mounts(settings.mounts)
    if not mounts:
        raise SettingsError("mounts", "at least one music folder is needed: --mount NAME=FOLDER")
    for mount, folder in mounts.items():
        if not folder.is_dir():
            raise SettingsError("mounts", f"{folder}, called {mount!r}, is not a folder")
    shown = name or platform.node() or "unnamed"
    if len(shown) > 100 or not shown.isprintable():
        raise SettingsError("name", "must have at most 100 printable characters")
    from ..cluster.dask_worker import serve_machine  # loads numerical libraries

    await serve_machine(scheduler, settings, mounts, shown, _say)
    return 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
