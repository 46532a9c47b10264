"""Which user of this machine is at the other end of a connection. Linux only.

The kernel lists the user of each TCP socket in ``/proc/net/tcp`` and ``/proc/net/tcp6``. A socket that its process has
closed is listed with user 0, so only established ones with an inode count.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HAS_TABLES: Final = sys.platform == "linux"
"""Whether the system tells who owns a socket."""

_ESTABLISHED: Final = b"01"
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ATTEMPTS: Final = 2  # the kernel may leave out an entry while the table changes
_MAPPED: Final = bytes(10) + b"\xff\xff"  # before an IPv4 address in an IPv6 socket
_CREDENTIALS: Final = struct.Struct("=iII")  # struct ucred: process, user, group


def peer_user(extra: Any) -> int | None:
    """Return the user at the other end of a connection; None if unknown, or not on this machine. Blocking.

    Parameters
    ----------
    extra : callable
        ``get_extra_info`` of the connection's transport.
    """
    if not HAS_TABLES:
        return None
    connection = extra("socket")
    if connection is not None and connection.family == socket.AF_UNIX:
        return unix_peer_user(connection)
    peer, own = extra("peername"), extra("sockname")
    if not (_is_address(peer) and _is_address(own)):
        return None
    return tcp_user(peer[:2], own[:2])


def _is_address(value: object) -> bool:
    match value:
        case (str(), int(), *_):
            return True
    return False


def unix_peer_user(connection: Any) -> int | None:
    """Return the user who connected a Unix socket."""
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    process, user, _ = _CREDENTIALS.unpack(credentials)
    return int(user) if process else None


def tcp_user(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """Return the user of an established TCP socket of this machine, or None. Blocking.

    Parameters
    ----------
    local, remote : tuple of str and int
        Addresses of the socket and of its peer.
    """
    try:
        keys = [b" %s %s " % pair for pair in zip(_spellings(*local), _spellings(*remote), strict=True)]
    except (OSError, ValueError):
        return None
    for _ in range(_ATTEMPTS):
        for table in _TABLES:
            try:
                listed = table.read_bytes()
            except OSError:  # /proc is not mounted, or there is no IPv6
                continue
            for key in keys:
                if key in listed:
                    return _user_in(listed, key)
    return None


def _user_in(table: bytes, key: bytes) -> int | None:
    """Return the user in the line with *key*, if the socket is established and a process holds it."""
    start = table.index(key) + len(key)
    state, _, _, _, user, _, inode, *_ = table[start : table.find(b"\n", start)].split()
    return int(user) if state == _ESTABLISHED and inode != b"0" else None


def _spellings(address: str, port: int) -> Iterator[bytes]:
    """Yield an address as the tables for IPv4 and IPv6 may spell it; the same number for both ends."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address.partition("%")[0])
    if packed.startswith(_MAPPED):
        packed = packed[len(_MAPPED) :]
    yield _hexadecimal(packed, port)
    if len(packed) == 4:
        yield _hexadecimal(_MAPPED + packed, port)


def _hexadecimal(packed: bytes, port: int) -> bytes:
    """Return an address in the words of this machine's byte order, as the kernel prints it."""
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return ("".join(f"{word:08X}" for word in words) + f":{port:04X}").encode("ascii")


def maps_all_users() -> bool:
    """Return True unless this process is in a user namespace, where foreign users look alike. Blocking."""
    try:
        return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]
    except OSError:
        return True


def overflow_user() -> int:
    """Return the number that stands for all users without one in this user namespace. Blocking."""
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 65_534


def own_user() -> int:
    """Return the user of this process."""
    return os.geteuid() if hasattr(os, "geteuid") else -1
