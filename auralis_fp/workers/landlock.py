"""Landlock: the kernel refuses to open files other than those below some folders.

References
----------
https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
from collections.abc import Sequence
from typing import Final

_CREATE_RULESET: Final = 444  # the same number on every architecture
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_FILE_RIGHTS: Final = (0, 13, 14, 15, 15, 16)  # number of rights over files by version
_TCP: Final = 0b11  # bind and connect, from version 4 on
_BIND: Final = 0b01
_SCOPES: Final = 0b11  # abstract Unix sockets and signals, from version 6 on


def restrict_files(readable: Sequence[str], *, may_connect: bool = False) -> None:
    """Take from this thread, and from threads it starts later, every access to files but reading some.

    Files that are open already stay so. Where the kernel knows them, TCP connections and signals to processes outside
    are refused too. ``no_new_privs`` must be set.

    Parameters
    ----------
    readable : sequence of str
        Folders and files that may still be read; those that do not exist are ignored.
    may_connect : bool
        Leave TCP connections allowed.

    Raises
    ------
    OSError
        The kernel does not offer Landlock.
    """
    version = _call(_CREATE_RULESET, None, 0, _VERSION)
    rights = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)]) - 1
    attributes = struct.pack("=QQQ", rights, _BIND if may_connect else _TCP, _SCOPES)[
        : 24 if version >= 6 else 16 if version >= 4 else 8
    ]
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, parent), 0)
    finally:
        os.close(parent)


def _call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    result = int(library.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
