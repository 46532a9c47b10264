"""The whole service with at most 64 open files."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from commands import song
from patience import LIMIT_SEC
from running import Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

LIMITED: Final = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from auralis_fp.cli import main
sys.exit(main())
"""
FILES: Final = 8
CONNECTIONS: Final = 90


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """Return the running service, with two workers and an empty library."""
    (tmp_path / "music").mkdir()
    command: list[str | Path] = [
        "-c",
        LIMITED,
        "serve",
        "--library",
        tmp_path / "music",
        "--data-dir",
        tmp_path / "data",
    ]
    with running(*command, "--workers", "2", "--port", "0", folder=tmp_path) as server:
        yield server


def ask(server: Running, path: str, body: dict[str, Any] | None = None) -> Any:
    """Return the JSON of an answer."""
    method = "GET" if body is None else "POST"
    answer = requests.request(method, server.url + path, json=body, timeout=LIMIT_SEC)
    answer.raise_for_status()
    return answer.json()


def until_done(server: Running, count: int) -> None:
    """Wait until all files have results."""
    give_up = time.monotonic() + LIMIT_SEC
    while (status := ask(server, "/fingerprint/status"))["counts"]["done"] < count:
        assert time.monotonic() < give_up, status
        time.sleep(0.1)


def test_everything_works_with_few_descriptors(server: Running, tmp_path: Path) -> None:
    """Files are analysed, asked for and compared while more clients are connected than files can be open."""
    port = int(server.url.rpartition(":")[2])
    clients = [socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SEC) for _ in range(CONNECTIONS)]
    try:
        for client in clients[: CONNECTIONS // 2]:  # the other half says nothing
            client.sendall(b"GET /fingerprint/events HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
        for number in range(FILES):
            song(tmp_path / "music" / f"{number}.wav", 2 + number)
        ask(server, "/fingerprint/scan", {})
        until_done(server, FILES)
        late = song(tmp_path / "music" / "late.wav", 1)
        assert ask(server, "/fingerprint", {"track_id": 1, "filepath": str(late)})["fingerprint"]
    finally:
        for client in clients:
            with closing(client):
                pass
    until_done(server, FILES + 1)
    assert ask(server, "/fingerprint/files/1/similar")["items"]
    assert ask(server, "/health")["status"] == "healthy"
    assert server.stop() == 0
    assert server.complaints.count("Too many open files") <= 1
