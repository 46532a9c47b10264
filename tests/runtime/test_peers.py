"""The user at the other end of a connection, on real sockets."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auralis_fp.runtime import peers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the tables of Linux")


def listener(family: socket.AddressFamily, address: str) -> socket.socket:
    """Return a listening socket."""
    listening = socket.socket(family)
    listening.bind((address, 0))
    listening.listen()
    return listening


@pytest.fixture(params=["IPv4", "IPv6", "mapped"])
def connection(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield both ends of a TCP connection: the client's and the server's."""
    family, address = (socket.AF_INET6, "::1") if request.param == "IPv6" else (socket.AF_INET, "127.0.0.1")
    client = socket.socket(socket.AF_INET if request.param == "IPv4" else socket.AF_INET6)
    with closing(listener(family, address)) as listening, closing(client):
        port = listening.getsockname()[1]
        client.connect((f"::ffff:{address}" if request.param == "mapped" else address, port))
        server, _ = listening.accept()
        with closing(server):
            yield client, server


def seen(server: socket.socket) -> int | None:
    """Return the user that the server sees."""
    found = {"socket": server, "peername": server.getpeername(), "sockname": server.getsockname()}
    return peers.peer_user(found.get)


def test_the_user_of_a_tcp_connection(connection: tuple[socket.socket, socket.socket]) -> None:
    """Is found in the table of its address family, also for IPv4 addresses in IPv6 sockets."""
    assert seen(connection[1]) == os.geteuid()


def test_a_closed_socket_is_nobodys(connection: tuple[socket.socket, socket.socket]) -> None:
    """The kernel lists it with user 0; half-closed ones do not count either."""
    client, server = connection
    client.sendall(b"pause")
    client.shutdown(socket.SHUT_WR)
    assert seen(server) is None
    client.close()
    assert seen(server) is None


def test_unknown_addresses_have_no_user() -> None:
    """Connections that do not exist, and invalid addresses."""
    assert peers.tcp_user(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
    assert peers.tcp_user(("192.0.2.1", 443), ("127.0.0.1", 2)) is None
    assert peers.tcp_user(("localhost", 1), ("127.0.0.1", 2)) is None
    for peer in (None, "", ("127.0.0.1",), ("testclient", 50000), 3):
        assert peers.peer_user({"peername": peer, "sockname": ("127.0.0.1", 80)}.get) is None


def test_the_user_of_a_unix_socket(tmp_path: Path) -> None:
    """The kernel keeps the user who connected."""
    with closing(socket.socket(socket.AF_UNIX)) as listening, closing(socket.socket(socket.AF_UNIX)) as client:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        client.connect(str(tmp_path / "s"))
        server, _ = listening.accept()
        client.close()
        with closing(server):
            assert peers.peer_user({"socket": server}.get) == os.geteuid()


def test_user_namespaces() -> None:
    """The number of users without one is known."""
    assert isinstance(peers.maps_all_users(), bool)
    assert peers.overflow_user() > 0
