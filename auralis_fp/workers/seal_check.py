"""Try what a worker can reach: ``python -m auralis_fp.workers.seal_check``.

Starts a worker as the service does, lets it try each forbidden operation after it has sealed itself, and prints a line
``PROBE result`` for each: ``denied``, ``reached`` or ``not run``. The exit code is 0 only if all are denied.
"""

import argparse
import os
import secrets
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from ..settings import Settings
from .channel import ProtocolError
from .launch import start_worker
from .messages import MAX_MESSAGE, Plan, Probed, ProbesReply, Progress, Ready, Request, decode_from_worker, encode
from .probes import DENIED, NOT_RUN, REACHED

_SECRET_VARIABLE = "AURALIS_FP_TOKEN"  # noqa: S105 - its name


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the result of each probe and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m auralis_fp.workers.seal_check", description=__doc__)
    parser.parse_args(arguments)
    os.environ[_SECRET_VARIABLE] = secret = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        lacking, probed = check(Path(folder), secret.encode())
    for one in probed:
        print(f"{one.probe}: {one.result}" + (f" ({one.detail})" if one.result == NOT_RUN else ""))  # noqa: T201
    for protection in lacking:
        print(f"lacking: {protection}", file=sys.stderr)  # noqa: T201
    return 0 if all(one.result == DENIED for one in probed) else 1


def check(folder: Path, secret: bytes) -> tuple[list[str], list[Probed]]:
    """Return the protections that a worker lacks, and the results of all probes.

    Parameters
    ----------
    folder : Path
        An empty folder, for files that the worker must not reach.
    secret : bytes
        Stands in the environment of this process, and must not in the worker's.
    """
    music, targets = _targets(folder)
    before = {path: path.read_bytes() for path in targets if path.exists()}
    process, channel = start_worker()
    try:
        channel.send(encode(Plan(memory_limit_mb=Settings().memory_limit_mb, seal=True)))
        ready = decode_from_worker(channel.receive(MAX_MESSAGE))
        if not isinstance(ready, Ready):
            raise ProtocolError(f"the worker is not ready: {ready}")
        with music.open("rb") as file:
            request = Request(id=b"check", task="run_probes", bounds=[os.fsencode(path) for path in targets])
            channel.send(encode(request), [file.fileno()])
        reply = decode_from_worker(channel.receive(MAX_MESSAGE))
        while isinstance(reply, Progress):
            reply = decode_from_worker(channel.receive(MAX_MESSAGE))
        if not isinstance(reply, ProbesReply):
            raise ProtocolError(f"unexpected: {reply}")
        probed = [*reply.outcome, *_secrets_in(process.pid, secret)]
    finally:
        process.kill()
        process.wait()
        channel.close()
    unchanged = all(path.exists() and path.read_bytes() == content for path, content in before.items())
    only = {path for path in folder.rglob("*") if path.is_file()} == {music, *before}
    return ready.lacking, [*probed, Probed(probe="leave a trace", result=DENIED if unchanged and only else REACHED)]


def _targets(folder: Path) -> tuple[Path, list[Path]]:
    """Make the file to hand over; return it with a key, a database, another music file, and a new name."""
    music = folder / "music"
    music.mkdir()
    with wave.open(str(music / "given.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    key, database, other = folder / "id_rsa", folder / "fingerprints.sqlite3", music / "other.wav"
    for path in (key, database, other):
        path.write_bytes(b"content")
    return music / "given.wav", [key, database, other, music / "new.wav"]


def _secrets_in(pid: int, secret: bytes) -> list[Probed]:
    """Look for the secret in the environment and in the memory of the worker, from outside."""
    found = []
    for name, look in (("environment", _environment), ("memory", _memory)):
        try:
            result, detail = REACHED if secret in look(pid) else DENIED, ""
        except OSError as error:  # the system does not let this process look
            result, detail = NOT_RUN, str(error)
        found.append(Probed(probe=f"hold the token in its {name}", result=result, detail=detail))
    return found


def _environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _memory(pid: int) -> bytes:
    """Return all writable memory of a process."""
    parts = []
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="surrogateescape")
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps.splitlines():
            span, rights = line.split(maxsplit=2)[:2]
            start, end = (int(number, 16) for number in span.split("-"))
            if rights.startswith("rw"):
                memory.seek(start)
                parts.append(memory.read(end - start) or b"")
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main())
