"""Seccomp: the kernel refuses all system calls but those of a list.

References
----------
seccomp(2), and https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import fcntl
import os
import platform
import struct
from collections.abc import Iterator
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1  # SECCOMP_FILTER_FLAG_TSYNC
_LOAD: Final = 0x20  # BPF: ld word
_EQUAL: Final = 0x15  # jeq
_ANY_BIT: Final = 0x45  # jset
_RETURN: Final = 0x06  # ret
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_NUMBER_AT: Final = 0  # offsets in struct seccomp_data
_ARCHITECTURE_AT: Final = 4
_ARGUMENTS_AT: Final = 16
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FCNTL: Final = (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL)

#: Numbers of the system calls that a worker makes, by architecture: None where it has no such call.
_CALLS: Final = {  # name: x86_64, aarch64
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "poll": (7, None), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215),
    "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "access": (21, None), "sched_yield": (24, 124),
    "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172), "recvfrom": (45, 207),
    "recvmsg": (47, 212), "exit": (60, 93), "uname": (63, 160), "getcwd": (79, 17), "readlink": (89, None),
    "gettimeofday": (96, 169), "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153),
    "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173),
    "sigaltstack": (131, 132), "gettid": (186, 178), "time": (201, None), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "getdents64": (217, 61), "restart_syscall": (219, 128), "fadvise64": (221, 223),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "exit_group": (231, 94),
    "newfstatat": (262, 79), "readlinkat": (267, 78), "faccessat": (269, 48), "pselect6": (270, 72),
    "ppoll": (271, 73), "getcpu": (309, 168), "getrandom": (318, 278), "membarrier": (324, 283), "statx": (332, 291),
    "rseq": (334, 293), "faccessat2": (439, 439),
}  # fmt: skip
#: Further calls of a process with threads and connections. It cannot start programs or listen.
_NETWORK_CALLS: Final = {
    "ioctl": (16, 29), "select": (23, None), "sched_setaffinity": (203, 122), "socket": (41, 198),
    "connect": (42, 203), "sendto": (44, 206), "sendmsg": (46, 211), "shutdown": (48, 210), "bind": (49, 200),
    "getsockname": (51, 204), "getpeername": (52, 205), "socketpair": (53, 199), "setsockopt": (54, 208),
    "getsockopt": (55, 209), "clone": (56, 220), "clone3": (435, 435), "prctl": (157, 167),
    "set_tid_address": (218, 96), "set_robust_list": (273, 99), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "eventfd2": (290, 19),
    "pipe2": (293, 59), "sendmmsg": (307, 269), "recvmmsg": (299, 243), "dup": (32, 23), "getrlimit": (97, 163),
    "getpriority": (140, 141), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "fcntl": (72, 25),
    "statfs": (137, 43),
}  # fmt: skip
_GUARDED: Final = {  # calls that are allowed with some arguments only
    "open": (2, None), "openat": (257, 56), "fcntl": (72, 25), "tgkill": (234, 131), "prlimit64": (302, 261),
}  # fmt: skip
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_


class Program(ctypes.Structure):
    """``struct sock_fprog``: the number of instructions, and their address."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def forbid_new_privileges() -> None:
    """Set ``no_new_privs``, which Landlock and seccomp demand of ordinary users.

    Raises
    ------
    OSError
        The kernel refuses it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")


def restrict_calls(*, networked: bool = False) -> None:
    """Restrict all threads of this process to the system calls that decoding needs.

    A call that is not allowed fails with ``EPERM``. ``no_new_privs`` must be set.

    Parameters
    ----------
    networked : bool
        Allow threads and connections, too.

    Raises
    ------
    OSError
        The kernel does not offer seccomp, or the processor architecture is not known here.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    code = b"".join(_filter(machine, networked=networked))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    install(_SECCOMP[machine], program)


def install(number: int, program: ctypes.Structure) -> None:
    """Install a filter program.

    Parameters
    ----------
    number : int
        Of the system call ``seccomp``.
    program : struct sock_fprog
    """
    library = ctypes.CDLL(None, use_errno=True)
    result = library.syscall(ctypes.c_long(number), _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program))
    if result != 0:  # positive: the thread that could not follow
        raise OSError(ctypes.get_errno() or errno.EBUSY, "seccomp")


def _filter(machine: str, *, networked: bool) -> Iterator[bytes]:
    """Yield the instructions of the filter. Each test skips one instruction, so that no jump is long."""
    column, architecture = _ARCHITECTURES[machine]
    guarded = {name: numbers[column] for name, numbers in _GUARDED.items()}
    yield _load(_ARCHITECTURE_AT)
    yield from _unless(architecture, _REFUSE)
    yield _load(_NUMBER_AT)
    for numbers in (_CALLS | (_NETWORK_CALLS if networked else {})).values():
        if numbers[column] is not None:
            yield from _if(numbers[column], _ALLOW)
    yield from _guard(guarded["open"], _not_writing(1))
    yield from _guard(guarded["openat"], _not_writing(2))
    yield from _guard(guarded["fcntl"], [_load_argument(1), *(part for each in _FCNTL for part in _if(each, _ALLOW))])
    yield from _guard(guarded["tgkill"], [_load_argument(0), *_if(os.getpid(), _ALLOW)])
    yield from _guard(guarded["prlimit64"], _only_reading_own_limits())
    yield _return(_REFUSE)


def _not_writing(flags: int) -> list[bytes]:
    """Return the test of ``open`` whose argument number *flags* holds the flags."""
    return [_load_argument(flags), struct.pack("=HBBI", _ANY_BIT, 0, 1, _WRITING), _return(_REFUSE), _return(_ALLOW)]


def _only_reading_own_limits() -> list[bytes]:
    """Return the test of ``prlimit64``: no process is named, and no new limit is given."""
    tests = [_load_argument(0), *_unless(0, _REFUSE)]
    for high in (False, True):
        tests += [_load_argument(2, high=high), *_unless(0, _REFUSE)]
    return [*tests, _return(_ALLOW)]


def _guard(number: int | None, tests: list[bytes]) -> Iterator[bytes]:
    """Yield instructions that run *tests* for one system call, and refuse it afterwards."""
    if number is None:
        return
    yield struct.pack("=HBBI", _EQUAL, 0, len(tests) + 1, number)
    yield from tests
    yield _return(_REFUSE)


def _if(value: int | None, action: int) -> Iterator[bytes]:
    yield struct.pack("=HBBI", _EQUAL, 0, 1, value)
    yield _return(action)


def _unless(value: int, action: int) -> Iterator[bytes]:
    yield struct.pack("=HBBI", _EQUAL, 1, 0, value)
    yield _return(action)


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _load_argument(number: int, *, high: bool = False) -> bytes:
    """Return the instruction that loads one half of an argument; both architectures are little-endian."""
    return _load(_ARGUMENTS_AT + 8 * number + 4 * high)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, action)
