"""``scan``: fingerprints of folders in database and sidecars."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auralis_fp.cli import scan as scan_module
from auralis_fp.cli.scan import ScanFailedError
from auralis_fp.settings import Settings
from commands import auralis, environment, song
from patience import LIMIT_SEC
from stored import library_in

SUMMARY = re.compile(r"(\d+) done, (\d+) failed, (\d+) unchanged in [\d.]+ s\n")


def scan(*arguments: str | Path) -> tuple[int, tuple[int, ...], str]:
    """Run a scan; return the exit code, the numbers of the summary, and standard error."""
    done = auralis("scan", *arguments)
    match = SUMMARY.fullmatch(done.stdout)
    assert match is not None, done.stdout + done.stderr
    return done.returncode, tuple(map(int, match.groups())), done.stderr


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a folder with five songs."""
    for number in range(5):
        song(tmp_path / "music" / str(number % 2) / f"{number}.wav")
    return tmp_path / "music"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data folder."""
    return tmp_path / "data"


def test_files_are_analysed_once(music: Path, data: Path) -> None:
    """A second scan has nothing to do; after a change only the changed file is analysed."""
    assert scan(music, "--data-dir", data) == (0, (5, 0, 0), "")
    assert len(list(music.rglob("*.25d"))) == 5
    assert scan(music, "--data-dir", data) == (0, (0, 0, 5), "")
    song(music / "new.wav")
    song(music / "0" / "0.wav", seconds=5)
    assert scan(music, "--data-dir", data) == (0, (2, 0, 4), "")


def test_results_are_restored_from_sidecars(music: Path, data: Path) -> None:
    """A lost database is restored from the sidecars without an analysis."""
    scan(music, "--data-dir", data)
    assert scan(music, "--data-dir", data.with_name("data2")) == (0, (0, 0, 5), "")


def test_sidecars_can_be_disabled(music: Path, data: Path) -> None:
    """``--sidecars`` selects where sidecars are written."""
    assert scan(music, "--data-dir", data, "--sidecars", "off")[0] == 0
    assert not list(music.rglob("*.25d"))


def test_failed_files_are_listed(music: Path, data: Path) -> None:
    """Failed files are listed with the reason; a second scan counts them without a retry."""
    (music / "bad.wav").write_text("no music", encoding="ascii")
    code, numbers, said = scan(music, "--data-dir", data)
    assert (code, numbers) == (1, (5, 1, 0))
    assert str(music / "bad.wav") in said
    assert "auralis-fp failures" in said
    code, numbers, said = scan(music, "--data-dir", data)
    assert (code, numbers) == (1, (0, 1, 5))
    assert str(music / "bad.wav") not in said


def test_several_folders_are_scanned_together(music: Path, data: Path) -> None:
    """Folders of earlier scans are not counted, and their results are kept."""
    assert scan(music / "0", music / "1", "--data-dir", data)[1] == (5, 0, 0)
    assert scan(music / "1", "--data-dir", data)[1] == (0, 0, 2)
    assert scan(music, "--data-dir", data)[1] == (0, 0, 5)


def test_an_empty_folder_is_no_error(tmp_path: Path, data: Path) -> None:
    """An empty folder is a successful scan."""
    (tmp_path / "empty").mkdir()
    assert scan(tmp_path / "empty", "--data-dir", data) == (0, (0, 0, 0), "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_scan_resumes(tmp_path: Path, data: Path, number: signal.Signals) -> None:
    """A killed scan can be resumed: results are kept, and no file is analysed twice."""
    total = 40
    for index in range(total):
        song(tmp_path / "music" / f"{index}.wav", seconds=30)
    arguments = ["scan", str(tmp_path / "music"), "--data-dir", str(data), "--workers", "1"]
    command = [sys.executable, "-m", "auralis_fp", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        give_up = time.monotonic() + LIMIT_SEC
        while not list((tmp_path / "music").glob("*.25d")):
            assert running.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.005)
        running.send_signal(number)
        _, said = running.communicate(timeout=LIMIT_SEC)
    assert running.returncode == (130 if number is signal.SIGINT else -number)
    assert b"Traceback" not in said
    code, (done, failed, unchanged), _ = scan(tmp_path / "music", "--data-dir", data)
    assert (code, failed, done + unchanged) == (0, 0, total)
    assert unchanged >= 1


def test_a_database_in_use_is_rejected(music: Path, data: Path) -> None:
    """A second process cannot use the same database."""
    holding = (
        "import asyncio, sys; from pathlib import Path; from auralis_fp.store.database import open_database\n"
        "async def main():\n"
        "    async with open_database(Path(sys.argv[1]) / 'fingerprints.sqlite3'):\n"
        "        print('open', flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", holding, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        done = auralis("scan", music, "--data-dir", data)
        other.kill()
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("auralis-fp: ")
    assert f"in use by process {other.pid}" in last


def test_a_damaged_database_is_rebuilt_on_request(music: Path, data: Path) -> None:
    """A damaged database is rejected with a hint to ``--rebuild``, which keeps it and restores the sidecars."""
    assert auralis("scan", music, "--data-dir", data).returncode == 0
    database = data / "fingerprints.sqlite3"
    junk = b"no database at all" * 1000
    database.write_bytes(junk)
    refused = auralis("scan", music, "--data-dir", data)
    assert refused.returncode == 2
    assert "--rebuild" in refused.stderr
    rebuilt = auralis("scan", music, "--data-dir", data, "--rebuild")
    assert rebuilt.returncode == 0
    assert rebuilt.stdout.startswith("0 done, 0 failed, ")
    (kept,) = data.glob("*.broken")
    assert kept.read_bytes() == junk
    assert str(kept) in rebuilt.stderr


def test_folders_account_for_what_was_left_out(tmp_path: Path) -> None:
    """After a scan, ``folders`` and ``status`` show what was left out, by reason, with the setting that changes it."""
    music, data = tmp_path / "music", tmp_path / "data"
    for name in ("a.wav", ".hidden.wav", "lost+found/b.wav"):
        song(music / name)
    (music / "outside.wav").symlink_to(song(tmp_path / "outside.wav"))
    assert auralis("scan", music, "--data-dir", data).returncode == 0
    (folder,) = (json.loads(line) for line in auralis("folders", "--json", "--data-dir", data).stdout.splitlines())
    assert (folder["path"], folder["files"], folder["online"]) == (str(music), 1, True)
    settings = {entry["reason"]: (entry["count"], entry["setting"]) for entry in folder["left_out"]}
    assert settings == {
        "hidden": (1, ""),
        "system_folder": (1, "system_folders"),
        "link_outside": (1, "follow_links_to"),
    }
    rows = [line.split("\t") for line in auralis("folders", "--data-dir", data).stdout.splitlines()]
    assert rows[0][:3] == [str(music), "1", "3"]
    assert {row[4] for row in rows} == {"", "system_folders", "follow_links_to"}
    assert "Left out: 3" in auralis("status", "--data-dir", data).stdout
    assert json.loads(auralis("status", "--json", "--data-dir", data).stdout)["folders"] == [folder]


def test_folders_without_a_scan(tmp_path: Path) -> None:
    """A database without a scan has no folders."""
    asyncio.run(_empty(tmp_path))
    assert auralis("folders", "--data-dir", tmp_path).stdout == "No folder has been scanned.\n"


async def _empty(folder: Path) -> None:
    async with library_in(folder):
        pass


async def test_a_scan_without_progress_ends(music: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the database accepts nothing, the scan ends with the reason instead of waiting for ever."""
    monkeypatch.setattr(scan_module, "STALL_SEC", 2.0)
    data.mkdir()
    async with library_in(data) as library:
        refuse = "CREATE TRIGGER refuse BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'refused'); END"
        await library.database.write(lambda db: db.execute(refuse).rowcount)
    with pytest.raises(ScanFailedError, match=r"no progress for 2 s: .*refused"):
        await scan_module.scan(Settings(libraries=(music,), data_dir=data, workers=1))
