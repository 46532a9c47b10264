"""Operations that a sealed worker must not be able to perform, tried by ``seal_check`` from inside one."""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .messages import Probed

DENIED: Final = "denied"
REACHED: Final = "reached"
NOT_RUN: Final = "not run"
_PTRACE_ATTACH: Final = 16


def run_probes(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,  # noqa: ARG001 - all tasks take the same
    report: object = None,  # noqa: ARG001
) -> list[Probed]:
    """Try every forbidden operation and return how each went.

    Parameters
    ----------
    file : bytes or int
        A music file, opened for reading.
    bounds : sequence of bytes
        Paths: a key file, a database, a music file, and a name for a new file.
    pictures, report
        Not used.
    """
    key, database, music, new = (os.fsdecode(path) for path in bounds)
    descriptor = file if isinstance(file, int) else -1
    service = os.getppid()
    probes: dict[str, Callable[[], object]] = {
        "read a key file": lambda: Path(key).read_bytes(),
        "read the database": lambda: Path(database).read_bytes(),
        "write to the database": lambda: os.open(database, os.O_WRONLY),
        "list the music folder": lambda: os.listdir(Path(music).parent),
        "read another music file": lambda: Path(music).read_bytes(),
        "write to music": lambda: os.open(music, os.O_WRONLY | os.O_APPEND),
        "truncate music": lambda: os.truncate(music, 0),
        "delete music": lambda: os.unlink(music),
        "rename music": lambda: os.rename(music, new),
        "link music": lambda: os.link(music, new),
        "create a file": lambda: os.open(new, os.O_WRONLY | os.O_CREAT, 0o600),
        "write to the open file": lambda: os.write(descriptor, b"x"),
        "truncate the open file": lambda: os.ftruncate(descriptor, 0),
        "change the mode of the open file": lambda: os.fchmod(descriptor, 0o777),
        "change the times of the open file": lambda: os.utime(descriptor, (0, 0)),
        "reopen the open file for writing": lambda: os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR),
        "read the memory of the service": lambda: os.open(f"/proc/{service}/mem", os.O_RDONLY),
        "read the environment of the service": lambda: os.open(f"/proc/{service}/environ", os.O_RDONLY),
        "read its own memory as a file": lambda: os.open("/proc/self/mem", os.O_RDONLY),
        "open a TCP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "open a Unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "make a socket pair": socket.socketpair,
        "execute a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "start a process": _fork,
        "start a thread": _start_thread,
        "trace the service": lambda: _trace(service),
        "signal the service": lambda: os.kill(service, 0),
        "terminate the service": lambda: os.kill(service, signal.SIGURG),
        "signal all processes": lambda: os.kill(-1, 0),
        "make an executable file in memory": lambda: os.memfd_create("probe"),
        "change the limits of the service": lambda: _limit(service),
        "change the folder": lambda: os.chdir("/"),
    }
    return [_tried(name, probe) for name, probe in probes.items()]


def _tried(name: str, probe: Callable[[], object]) -> Probed:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - whatever kept it from succeeding
        denied = isinstance(error, OSError | RuntimeError) and not isinstance(error, FileNotFoundError)
        return Probed(
            probe=name, result=DENIED if denied else "not run", detail=f"{type(error).__name__}: {error}"[:200]
        )
    return Probed(probe=name, result=REACHED)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _start_thread() -> None:
    import _thread  # `threading` waits for ever for a thread that the kernel refused on some versions

    _thread.start_new_thread(lambda: None, ())


def _trace(process: int) -> None:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(_PTRACE_ATTACH, process, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _limit(process: int) -> None:
    import resource  # not on Windows

    resource.prlimit(process, resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))
