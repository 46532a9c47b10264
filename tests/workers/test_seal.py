"""The seal of a worker: what it cannot reach, on this kernel and on poorer ones."""

import ctypes
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from auralis_fp.models import Analysed
from auralis_fp.settings import Settings
from auralis_fp.workers.launch import environment
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.seal_check import main
from patience import LIMIT_SEC
from worker_slots import pid_of

pytest_plugins = ("worker_fixtures",)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux seals workers")

KERNEL_HAS_LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1) > 0

# Runs the rest of the command in a process whose kernel does not know some system calls.
WITHOUT_CALLS = """
import ctypes, struct, sys
from auralis_fp.workers.seccomp import Program, forbid_new_privileges, install
numbers, seccomp = [int(each) for each in sys.argv[2].split(",")], int(sys.argv[1])
code = struct.pack("=HBBI", 0x20, 0, 0, 0)
for number in numbers:
    code += struct.pack("=HBBIHBBI", 0x15, 0, 1, number, 6, 0, 0, 0x50026)  # ENOSYS
code += struct.pack("=HBBI", 6, 0, 0, 0x7fff0000)
buffer = ctypes.create_string_buffer(code, len(code))
forbid_new_privileges()
install(seccomp, Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p)))
from auralis_fp.workers.seal_check import main
sys.exit(main([]))
"""


def test_a_sealed_worker_reaches_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, sockets, programs, other processes and the token: every probe is denied."""
    monkeypatch.setenv("AURALIS_FP_TOKEN", "replaced by the check")
    code = main([])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 35
    assert [line for line in lines if not line.endswith(": denied")] == []
    assert code == 0


@pytest.mark.parametrize(
    ("missing", "still_denied", "reached"),
    [
        ("Landlock", {"write to music", "execute a program", "open a TCP socket"}, {"read a key file"}),
        ("seccomp", {"read a key file", "write to music", "read the database"}, {"open a UDP socket"}),
    ],
)
def test_a_poorer_kernel_is_reported(missing: str, still_denied: set[str], reached: set[str]) -> None:
    """What the kernel lacks is named; the other protections hold, and the check fails."""
    seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    numbers = "444" if missing == "Landlock" else str(seccomp)
    command = [sys.executable, "-c", WITHOUT_CALLS, str(seccomp), numbers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SEC, check=False, cwd=Path.cwd())
    results = dict(line.rsplit(": ", 1) for line in done.stdout.splitlines())
    assert done.returncode == 1, done.stderr
    assert f"lacking: {missing} (not offered by this kernel)" in done.stderr
    assert {results[probe] for probe in still_denied} == {"denied"}
    assert {results[probe] for probe in reached} == {"reached"}


async def test_a_worker_can_be_left_unsealed(short: bytes) -> None:
    """A setting turns the seal off, and the pool says so."""
    async with local_pool(Settings(workers=1, seal="off")) as pool, pool.lease() as slot:
        assert isinstance(await slot.run(short), Analysed)
        assert pool.lacking() == ["a seal (turned off by the setting)"]
        status = Path(f"/proc/{pid_of(slot)}/status").read_text(encoding="ascii")
    assert "Seccomp:\t0" in status


async def test_a_sealed_worker_analyses(short: bytes) -> None:
    """With nothing lacking, and with the limits of the seal."""
    async with local_pool(Settings(workers=1)) as pool, pool.lease() as slot:
        assert isinstance(await slot.run(short), Analysed)
        assert pool.lacking() == []
        status = Path(f"/proc/{pid_of(slot)}/status").read_text(encoding="ascii")
        limits = Path(f"/proc/{pid_of(slot)}/limits").read_text(encoding="ascii")
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert "Threads:\t1" in status
    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    for name in ("Max file size", "Max processes", "Max core file size"):
        assert rows[name] == ["0", "0"]


def test_the_environment_is_a_list_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else of the service's environment reaches a worker."""
    monkeypatch.setenv("AURALIS_FP_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    made = environment()
    assert made["LANG"] == "C.UTF-8"
    assert made["OPENBLAS_NUM_THREADS"] == "1"
    assert not {"AURALIS_FP_TOKEN", "AWS_SECRET_ACCESS_KEY", "HOME"} & set(made)
