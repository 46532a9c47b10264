"""``analyze --manifest``: catalogues to parts in Parquet."""

import fcntl
import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auralis_fp.cluster.fetching import fetch
from auralis_fp.models import Rejected
from clusters import free_port, machine_command, running, scheduler_command
from commands import auralis
from worker_slots import silence


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a server of files in ``web``."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_parts_are_made_once(tmp_path: Path, web: str) -> None:
    """Paths and addresses have rows, bad lines are failures, and a second run makes nothing again."""
    music, port = tmp_path / "music", free_port()
    music.mkdir()
    names = [silence(music / f"{number}.wav", 4 + number) for number in range(3)]
    silence(tmp_path / "web" / "there.wav", 5)
    (music / "bad.wav").write_bytes(b"not music" * 100)
    lines = [str(names[0]), str(names[0]), str(names[1]), str(music / "bad.wav"), f"{web}/there.wav"]
    lines += [f"{web}/gone.wav", "relative.wav", str(names[2]), "file:///etc/passwd"]
    lines += [str(silence(tmp_path / "outside.wav", 4)), "http://127.0.0.1:1/unreachable.wav"]
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = ["analyze", "--cluster", f"tcp://127.0.0.1:{port}", "--mount", f"music={music}", "--part-lines", "4"]
    command += ["--manifest", str(tmp_path / "list.txt"), "--output", str(tmp_path / "out")]
    with ExitStack() as stack:
        stack.enter_context(running(scheduler_command(port), tmp_path / "scheduler.log"))
        stack.enter_context(running(machine_command(port, music, "m1"), tmp_path / "m1.log"))
        first, second = auralis(*command), auralis(*command)
    assert first.returncode == 1
    assert "4 analysed, 6 failed, 3 parts written, 0 parts known" in first.stderr
    assert "0 analysed, 0 failed, 0 parts written, 3 parts known" in second.stderr
    parts = sorted((tmp_path / "out").glob("part-*.parquet"))
    found = [path for part in parts for path in pq.read_table(part)["path"].to_pylist()]
    assert sorted(found) == sorted([*map(str, names), f"{web}/there.wav"])
    failures = sorted((tmp_path / "out").glob("failures-*.parquet"))
    codes = {row["path"]: row["code"] for part in failures for row in pq.read_table(part).to_pylist()}
    assert codes[f"{web}/gone.wav"] == codes["relative.wav"] == "missing"
    assert codes["file:///etc/passwd"] == "unreadable"
    assert codes[str(tmp_path / "outside.wav")] == "outside_roots"
    assert codes["http://127.0.0.1:1/unreachable.wav"] == "io_error"
    taken = auralis("import", "--data-dir", tmp_path / "data", tmp_path / "out")
    assert "3 results stored, 0 already known, 1 invalid lines" in taken.stderr  # an address is no path
    (tmp_path / "list.txt").write_text("\n".join(reversed(lines)), encoding="utf-8")
    other = auralis(*command)
    assert other.returncode == 2
    assert "was made from other lines" in other.stderr


@pytest.mark.parametrize(
    "address", [b"file:///etc/passwd", b"local:///x", b"simplecache::https://x/y", b"no-scheme", b"://"]
)
async def test_machines_do_not_read_their_own_files_by_address(address: bytes, tmp_path: Path) -> None:
    """Schemes that lead to the machine itself are refused."""
    outcome = await fetch(address, tmp_path)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "unreadable"
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--manifest", "x"], "--manifest needs --output"),
        (["--manifest", "x", "--output", "y", "a.mp3"], "either files or --manifest"),
        (["a.mp3", "--cluster", "tcp://h:1"], "need --manifest"),
        (["--manifest", "x", "--output", "y", "--part-lines", "0"], "0 is not above 0"),
        (["--manifest", "x", "--output", "y"], "cluster: must be given"),
    ],
)
def test_options_that_do_not_fit(arguments: list[str], sentence: str) -> None:
    """The command says which."""
    done = auralis("analyze", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_two_runs_into_one_folder(tmp_path: Path) -> None:
    """The second says that another one writes there."""
    (tmp_path / "list.txt").write_text("a.wav\n", encoding="utf-8")
    with (tmp_path / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        options = ["--manifest", str(tmp_path / "list.txt"), "--output", str(tmp_path)]
        done = auralis("analyze", "--cluster", "tcp://127.0.0.1:1", *options)
    assert done.returncode == 2
    assert "another run writes to" in done.stderr


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    """It is named, and an empty folder is left."""
    done = auralis(
        "analyze", "--cluster", "tcp://127.0.0.1:1", "--manifest", tmp_path / "x", "--output", tmp_path / "out"
    )
    assert done.returncode == 2
    assert "x cannot be read" in done.stderr
