"""``chromaprint``: values that ``fpcalc`` computes from our samples."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from commands import auralis, environment, song
from listening import until
from patience import LIMIT_SEC

needs_fpcalc = pytest.mark.skipif(shutil.which("fpcalc") is None, reason="fpcalc (libchromaprint-tools) is missing")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on the PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def stand_in(programs: Path, script: str) -> None:
    """Install a shell script in place of ``fpcalc``."""
    program = programs / "fpcalc"
    program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", encoding="ascii")
    program.chmod(0o755)


def noise(path: Path, seconds: int) -> Path:
    """Write stereo noise at 44.1 kHz as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(1).bytes(4 * 44_100 * seconds))
    return path


@needs_fpcalc
def test_the_value_is_that_of_fpcalc(tmp_path: Path) -> None:
    """Samples of our decoder and of its own lead to the same value."""
    file = noise(tmp_path / "noise.wav", 20)
    done = auralis("chromaprint", file)
    expected = subprocess.run(["fpcalc", "-plain", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}\t20\t{expected.stdout.strip()}\n"


def test_channels_are_mixed_as_fpcalc_mixes_them(tmp_path: Path, programs: Path) -> None:
    """Six channels: the centre counts more than left and right, surround channels less, low frequencies not at all."""
    stand_in(programs, "od -An -v -t d2 -N 2")
    for channel in range(6):
        frame = np.zeros((1, 6), dtype="<i2")
        frame[0, channel] = 28_635
        with wave.open(str(tmp_path / f"{channel}.wav"), "wb") as written:
            written.setparams((6, 2, 48_000, 0, "NONE", ""))
            written.writeframes(frame.repeat(4800, axis=0).tobytes())
    done = auralis("chromaprint", "--json", *sorted(tmp_path.glob("*.wav")))
    values = [int(json.loads(line)["fingerprint"]) for line in done.stdout.splitlines()]
    assert values == pytest.approx([5931, 5931, 8387, 0, 4193, 4193], abs=1)


@needs_fpcalc
def test_too_short_for_a_value(tmp_path: Path) -> None:
    """The message of fpcalc is the reason."""
    done = auralis("chromaprint", "--json", song(tmp_path / "short.wav", 0.1))
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["stage"], error["code"]) == (1, "fpcalc", "no_value")
    assert error["message"]


def test_without_fpcalc(tmp_path: Path, programs: Path) -> None:
    """One sentence says what is missing."""
    assert not list(programs.iterdir())
    done = auralis("chromaprint", song(tmp_path / "song.wav"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "auralis-fp: fpcalc is not installed; it is part of Chromaprint (Debian: libchromaprint-tools)\n"
    )


def test_at_least_one_file() -> None:
    """No file is a usage error."""
    done = auralis("chromaprint")
    assert done.returncode == 2
    assert "chromaprint: give at least one file, folder or list" in done.stderr


def test_folders_and_a_damaged_file(tmp_path: Path, programs: Path) -> None:
    """A damaged file has a line with its error; the others have values, and the duration is that of the whole file."""
    stand_in(programs, "wc -c")
    music = tmp_path / "music"
    song(music / "a.wav", 130)
    (music / "b.wav").write_text("no music", encoding="ascii")
    song(music / "c.wav", 4)
    done = auralis("chromaprint", "--json", music)
    assert done.returncode == 1
    long, damaged, short = map(json.loads, done.stdout.splitlines())
    assert long == {"path": str(music / "a.wav"), "duration_sec": 130.0, "fingerprint": str(2 * 22_050 * 120)}
    assert set(damaged["error"]) == {"code", "stage", "message"}
    assert short["fingerprint"] == str(2 * 22_050 * 4)
    lines = auralis("chromaprint", music)
    assert [line.split("\t")[1] for line in lines.stdout.splitlines()] == ["130", "4"]
    assert f"{music / 'b.wav'}: " in lines.stderr


def test_fpcalc_gets_samples_of_a_stated_form(tmp_path: Path, programs: Path) -> None:
    """It has nothing to detect: the options name form, rate and channels, and a high rate is divided."""
    stand_in(programs, 'cat > /dev/null; echo "$@"')
    file = tmp_path / "high.wav"
    with wave.open(str(file), "wb") as written:
        written.setparams((2, 2, 192_000, 0, "NONE", ""))
        written.writeframes(bytes(4 * 192_000))
    record = json.loads(auralis("chromaprint", "--json", file).stdout)
    assert record["fingerprint"] == "-format s16le -rate 48000 -channels 1 -length 120 -plain -"


def test_an_fpcalc_that_fails(tmp_path: Path, programs: Path) -> None:
    """One that does not read its input, or cannot be run, is an error of the file."""
    file = noise(tmp_path / "noise.wav", 20)
    stand_in(programs, "exit 3")
    done = auralis("chromaprint", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no_value: fpcalc ended with exit code 3." in done.stderr
    (programs / "fpcalc").write_text("#!/nowhere/sh\n", encoding="ascii")
    assert "not_started: " in auralis("chromaprint", file).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_fpcalc(tmp_path: Path, programs: Path) -> None:
    """The command ends with 130, and fpcalc ends with it."""
    stand_in(programs, f"echo $$ > {tmp_path}/pid.part; mv {tmp_path}/pid.part {tmp_path}/pid; exec sleep 1000")
    command = [sys.executable, "-m", "auralis_fp", "chromaprint", str(song(tmp_path / "song.wav"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        asyncio.run(until((tmp_path / "pid").exists))
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=LIMIT_SEC)
    assert running.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text(encoding="ascii")), 0)
