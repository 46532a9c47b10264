"""The seal of a worker: what it cannot do any more once it has loaded its libraries. Linux only."""

import errno
import os
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .channel import silence_streams

ELSEWHERE: Final = "a seal (only Linux offers one)"
TURNED_OFF: Final = "a seal (turned off by the setting)"
_MOST_FILES: Final = 64
_PACKAGE_FOLDERS: Final = ("site-packages", "dist-packages")
_PACKAGE: Final = Path(__file__).parents[1]
_RESOLVER: Final = (  # what name resolution, TLS and time zones read
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/localtime",
    "/etc/ssl", "/run/systemd/resolve", "/proc/self", "/proc/stat", "/proc/meminfo", "/sys/fs/cgroup",
)  # fmt: skip


def seal() -> list[str]:
    """Give up every right that decoding does not need. Return what could not be given up, in words.

    Called after the imports and before there is another thread, since Landlock binds only the calling one.
    """
    if sys.platform != "linux":
        return [ELSEWHERE]
    from .landlock import restrict_files
    from .seccomp import forbid_new_privileges, restrict_calls

    silence_streams(2)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("resource limits", _limit_resources),
        ("no_new_privs", forbid_new_privileges),
        ("Landlock", lambda: restrict_files(readable_paths())),
        ("seccomp", restrict_calls),
    ]
    lacking = [] if len(os.listdir("/proc/self/task")) == 1 else ["Landlock (a library has started threads)"]
    return lacking + [f"{name} ({reason})" for name, step in steps if (reason := _refused(step))]


def seal_courier(readable: Sequence[str]) -> list[str]:
    """Give up every right that a client of a scheduler does not need; as ``seal``, but for TCP connections and threads.

    Parameters
    ----------
    readable : sequence of str
        Files that it reads beside its libraries and the settings of name resolution.
    """
    if sys.platform != "linux":
        return [ELSEWHERE]
    from .landlock import restrict_files
    from .seccomp import forbid_new_privileges, restrict_calls

    steps: list[tuple[str, Callable[[], None]]] = [
        ("core dumps", _no_core_dumps),
        ("no_new_privs", forbid_new_privileges),
        ("Landlock", lambda: restrict_files([*readable_paths(), *_RESOLVER, *readable], may_connect=True)),
        ("seccomp", lambda: restrict_calls(networked=True)),
    ]
    return [f"{name} ({reason})" for name, step in steps if (reason := _refused(step))]


def _refused(step: Callable[[], None]) -> str:
    """Apply a protection. Return why that is not possible, or an empty string."""
    try:
        step()
    except OSError as error:
        return _reason(error)
    return ""


def _no_core_dumps() -> None:
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reason(error: OSError) -> str:
    if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
        return "not offered by this kernel"
    return os.strerror(error.errno) if error.errno else str(error)


def readable_paths() -> list[str]:
    """Return the places of this process's own libraries: those of Python, of this package, and the shared ones."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {os.path.dirname(path) for path in _mapped_files() if ".so" in path}
    folders |= {entry for entry in sys.path if Path(entry).name in _PACKAGE_FOLDERS}
    if getattr(sys, "frozen", False):  # modules are read from the executable when they are first imported
        folders |= {sys.executable, getattr(sys, "_MEIPASS", sys.prefix)}
    return sorted(folders | {str(_PACKAGE), "/etc/ld.so.cache"})


def _mapped_files() -> set[str]:
    with Path("/proc/self/maps").open(encoding="utf-8", errors="surrogateescape") as maps:
        return {line.split(maxsplit=5)[5].rstrip("\n") for line in maps if line.count("/")}


def _limit_resources() -> None:
    """Set limits that cannot be raised again: no core dumps, new processes or written files, and few open ones."""
    import resource  # not on Windows

    for name, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
    ):
        _, hard = resource.getrlimit(name)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (limit, limit))
