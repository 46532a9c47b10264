"""Help, errors and exit codes of the command line."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from auralis_fp import __version__
from auralis_fp.cli.arguments import build_parser
from commands import environment
from hosting import tone_file
from patience import LIMIT_SEC

COMMANDS = ("analyze", "scan", "serve", "status", "folders", "failures", "export", "import", "completion")


def run(*arguments: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a folder."""
    command = [sys.executable, "-m", "auralis_fp", *arguments]
    environment = {"PYTHONPATH": str(Path.cwd()), "HOME": str(folder), "PATH": "", **variables}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, cwd=folder, env=environment
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    """``--help`` names every command."""
    overview = run("--help", folder=tmp_path)
    assert overview.returncode == 0
    assert all(command in overview.stdout for command in COMMANDS)
    assert "AURALIS_FP_" in overview.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has a help text."""
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args([command, "--help"])
    assert caught.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_version(tmp_path: Path) -> None:
    """``--version`` prints the package version and the kernels that the environment chooses."""
    done = run("--version", folder=tmp_path, AURALIS_FP_KERNELS="numpy")
    assert done.stdout == f"auralis-fp {__version__} (kernels: numpy)\n"
    assert run("--version", folder=tmp_path, AURALIS_FP_KERNELS="fast").returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("analyze",),
        ("scan", "missing"),
        ("scan", "--workers", "many", "."),
        ("scan", "--workers", "-1", "."),
        ("serve", "--port", "70000"),
        ("status",),
        ("folders",),
        ("failures",),
        ("export",),
        ("import", "missing.jsonl"),
    ],
)
def test_usage_errors(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Usage errors print a sentence without a traceback, and exit with 2."""
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_invalid_setting(tmp_path: Path) -> None:
    """An invalid setting is named, whatever its source."""
    (tmp_path / "auralis-fp.toml").write_text("worker = 2", encoding="ascii")
    done = run("status", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "auralis-fp: worker: unknown setting\n")


def test_status_imports_little(tmp_path: Path) -> None:
    """``status`` imports neither numeric nor web modules."""
    script = (
        "import sys\nfrom auralis_fp.cli import main\nmain(['status', '--data-dir', 'nowhere'])\n"
        "print(sorted(set(sys.modules) & {'numpy', 'scipy', 'aiohttp', 'soundfile', 'av', 'watchfiles'}))"
    )
    environment = {"PYTHONPATH": str(Path.cwd()), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert done.stdout.strip() == "[]"


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")


@FULL
def test_output_to_a_full_disk_is_an_error(tmp_path: Path) -> None:
    """One sentence and an exit code; what was analysed is stored."""
    tone_file(tmp_path / "song.wav")
    commands = [
        ("analyze", "song.wav"),
        ("scan", "."),
        ("folders",),
        ("--version",),
        ("--help",),
        ("completion", "bash"),
    ]
    for unbuffered, arguments in [*(("", each) for each in commands), ("1", ("--version",))]:
        command = [sys.executable, "-m", "auralis_fp", *arguments]
        options = environment() | {"HOME": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                command, check=False, cwd=tmp_path, env=options, timeout=LIMIT_SEC, stdout=full, stderr=subprocess.PIPE
            )
        assert b"\nauralis-fp: the output cannot be written: No space left on device\n" in b"\n" + done.stderr
        assert (b"Traceback" in done.stderr, done.returncode) == (False, 2)
    assert "1, 100 %" in run("status", folder=tmp_path).stdout


@FULL
def test_a_service_needs_no_log(tmp_path: Path) -> None:
    """A full disk with its log does not end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "auralis_fp", "serve", "--port", str(port), "--data-dir", str(tmp_path / "data")]
    give_up = time.monotonic() + LIMIT_SEC
    with Path("/dev/full").open("wb") as full, subprocess.Popen(command, stdout=full, stderr=full) as service:
        try:
            while not answers(port):
                assert service.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.05)
        finally:
            service.terminate()


def answers(port: int) -> bool:
    """Return True if a service answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=LIMIT_SEC).status_code == 200
    except requests.ConnectionError:
        return False
