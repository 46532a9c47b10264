"""Another user of the machine, played by a process that has given up being root."""

import json
import os
import subprocess
import sys
from typing import Final

import pytest

from patience import LIMIT_SEC

STRANGER: Final = 65_534
needs_root: Final = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)

_PROGRAM: Final = """
import json, os, socket, sys
address, requests, wait, user = json.loads(sys.argv[1])
os.setgroups([])
os.setgid(user)
os.setuid(user)
answers = []
for request in requests:
    connection = socket.socket(socket.AF_UNIX) if isinstance(address, str) else socket.socket()
    connection.connect(address if isinstance(address, str) else tuple(address))
    connection.sendall(request.encode())
    answer = b""
    while wait and (part := connection.recv(65536)):
        answer += part
    connection.close()
    answers.append(int(answer.split()[1]) if answer else 0)
print(json.dumps(answers))
"""


def as_stranger(
    address: tuple[str, int] | str, requests: list[str], *, wait: bool = True, user: int = STRANGER
) -> list[int]:
    """Send requests as another user, each on a connection of its own, and return the status codes.

    Without waiting, each connection is closed as soon as the request is sent, and the codes are 0.
    """
    argument = json.dumps([address, requests, wait, user])
    command = [sys.executable, "-c", _PROGRAM, argument]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SEC, check=True)
    codes: list[int] = json.loads(done.stdout)
    return codes


def request_of(method: str, path: str, *headers: str) -> str:
    """Return the text of an HTTP request without a body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", "Content-Length: 0", *headers, "", ""]
    return "\r\n".join(lines)
