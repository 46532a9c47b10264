"""Limits of inotify, set in a user namespace where the kernel allows one."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp.watching.inotify import describe_watch_error
from patience import LIMIT_SEC

WATCHING = """
import asyncio, sys
from pathlib import Path
from auralis_fp.states import Health
from auralis_fp.settings import Settings
from auralis_fp.watching.watcher import Watcher
from listening import Listener, until

async def main(folder):
    Path("/proc/sys/user/max_inotify_watches").write_text("12")
    listener = Listener()
    settings = Settings(libraries=(folder,), data_dir=folder, settle_sec=0.1, watching="events", sweep_interval_sec=1)
    async with Watcher(settings, listener, Health()) as watcher:
        await until(lambda: watcher.scanned_once)
        if watcher.folders()[0].mode == "events":  # within the limit until folders are added
            for number in range(20):
                (folder / f"later{number}").mkdir()
            await until(lambda: watcher.folders()[0].mode != "events")
        (folder / "last.mp3").touch()
        await until(lambda: "last.mp3" in listener.names())
        print(watcher.folders()[0])

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("folders", [20, 5], ids=["at the start", "later"])
def test_the_limit_of_watched_folders_is_reported(tmp_path: Path, folders: int) -> None:
    """With the command that raises it; until then changes are found by sweeps."""
    for number in range(folders):
        (tmp_path / str(number)).mkdir()
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-c", WATCHING, str(tmp_path)]
    path = f"{Path(__file__).parents[1] / 'support'}:{Path.cwd()}"
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_SEC, env={"PYTHONPATH": path}
        )
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if done.returncode and ("unshare" in done.stderr or "Permission" in done.stderr or "Read-only" in done.stderr):
        pytest.skip("needs user namespaces")
    assert done.returncode == 0, done.stderr
    assert "mode='polling'" in done.stdout
    assert "sudo sysctl fs.inotify.max_user_watches=" in done.stdout
    assert "online=True" in done.stdout


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "max_user_watches"),
        (errno.EMFILE, "max_user_instances"),
        (errno.EACCES, "cannot be followed"),
    ],
)
def test_each_error_has_a_sentence(number: int, said: str) -> None:
    """Selected by its error number."""
    assert said in describe_watch_error(OSError(number, "of the system"))
