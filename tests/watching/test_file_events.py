"""Events at the limits of the system: set for the purpose, in a name space of their own where the kernel allows one."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp.watching.inotify import describe_watch_error

WATCHING = """
import asyncio, sys
from pathlib import Path
from auralis_fp.models import Health
from auralis_fp.settings import Settings
from auralis_fp.watching.watcher import Watcher
from listening import Listener, until

async def main(folder):
    Path("/proc/sys/user/max_inotify_watches").write_text("12")
    listener = Listener()
    settings = Settings(libraries=(folder,), data_dir=folder, settle_sec=0.1, watching="events", sweep_interval_sec=1)
    async with Watcher(settings, listener, Health()) as watcher:
        await until(lambda: watcher.scanned_once)
        if watcher.folders()[0].mode == "events":  # there is room, until more folders come
            for number in range(20):
                (folder / f"later{number}").mkdir()
            await until(lambda: watcher.folders()[0].mode != "events")
        (folder / "last.mp3").touch()
        await until(lambda: "last.mp3" in listener.names())
        print(watcher.folders()[0])

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("folders", [20, 5], ids=["at the start", "later"])
def test_the_limit_of_watched_folders_is_shown(tmp_path: Path, folders: int) -> None:
    """With the command that raises it; changes are found by sweeps meanwhile."""
    for number in range(folders):
        (tmp_path / str(number)).mkdir()
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-c", WATCHING, str(tmp_path)]
    path = f"{Path(__file__).parents[1] / 'support'}:{Path.cwd()}"
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env={"PYTHONPATH": path}
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if done.returncode and ("unshare" in done.stderr or "Permission" in done.stderr or "Read-only" in done.stderr):
        pytest.skip("the system allows no name space of one's own")
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
def test_every_problem_has_its_sentence(number: int, said: str) -> None:
    """By its number."""
    assert said in describe_watch_error(OSError(number, "of the system"))
