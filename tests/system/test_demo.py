"""The demo library: complete, quick to repeat, and true to its file names."""

import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from auralis_fp.demo import BROKEN, PIECES, Piece, main
from auralis_fp.demo.command import place_file
from auralis_fp.demo.encoding import encode
from auralis_fp.demo.synthesis import PEAK, Signal, play
from auralis_fp.files.formats import EXTENSIONS
from patience import LIMIT_SEC


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo library, created by the command."""
    directory = tmp_path_factory.mktemp("demo") / "made" / "here"
    assert main([str(directory)]) == 0
    return directory


def onset_strength(signal: Signal, rate: int) -> tuple[Signal, float]:
    """Return the onset strength at high frequencies, and its frame rate."""
    hop = rate // 100
    mono = np.diff(signal.sum(axis=0))
    power = (mono[: mono.size // hop * hop].reshape(-1, hop) ** 2).sum(axis=1)
    return np.maximum(0.0, np.diff(np.log10(power + 1e-4))), rate / hop


def test_every_piece_and_the_broken_file_are_there(library: Path) -> None:
    """The folder holds exactly the programme, and no unfinished file."""
    assert {path.name for path in library.iterdir()} == {piece.name for piece in PIECES} | {BROKEN}


def test_a_second_run_changes_nothing(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Existing files are kept, and the command says so."""
    before = {path: path.stat().st_mtime_ns for path in library.iterdir()}
    assert main([str(library)]) == 0
    assert {path: path.stat().st_mtime_ns for path in library.iterdir()} == before
    assert "is complete" in capsys.readouterr().out


def test_a_missing_file_is_made_again(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only missing files are created."""
    (library / PIECES[0].name).unlink()
    assert main([str(library)]) == 0
    assert (library / PIECES[0].name).stat().st_size > 100_000
    assert capsys.readouterr().out.count("\n") == 2


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.format)
def test_every_piece_decodes_to_its_length_and_rate(library: Path, piece: Piece) -> None:
    """Every file decodes to stereo of the stated length."""
    with av.open(str(library / piece.name)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
    seconds = sum(Fraction(frame.samples, frame.sample_rate) for frame in frames)
    assert float(seconds) == pytest.approx(piece.played_sec + 1.4, abs=0.15)
    assert {frame.layout.nb_channels for frame in frames} == {2}
    assert {frame.sample_rate for frame in frames} == {piece.sample_rate}


def test_the_broken_file_holds_no_sound(library: Path) -> None:
    """No decoder reads any audio from the broken file."""
    with pytest.raises(av.FFmpegError), av.open(str(library / BROKEN)) as container:
        list(container.decode(audio=0))


@pytest.mark.parametrize("piece", [PIECES[1], PIECES[4], PIECES[6], PIECES[13]], ids=lambda piece: piece.title)
def test_the_tempo_is_that_of_the_name(piece: Piece) -> None:
    """Onsets repeat after one beat of the stated tempo, not after a beat that is 7 % off."""
    onsets, per_second = onset_strength(play(piece), piece.sample_rate)
    at = np.arange(onsets.size) / per_second

    def pulse(tempo_bpm: float) -> float:
        return float(abs((onsets * np.exp(2j * np.pi * at * tempo_bpm / 60 * 2)).sum()))

    assert pulse(piece.tempo_bpm) > 2 * max(pulse(piece.tempo_bpm / 1.07), pulse(piece.tempo_bpm * 1.07))


def test_the_notes_belong_to_the_key() -> None:
    """Most energy of the piece in A minor without drums lies on the seven notes of its scale."""
    piece = next(piece for piece in PIECES if piece.drums == "none")
    signal = play(piece).sum(axis=0)
    power = np.abs(np.fft.rfft(signal)) ** 2
    hertz = np.fft.rfftfreq(signal.size, 1 / piece.sample_rate)
    band = (hertz > 100) & (hertz < 1500)
    semitones = np.round(12 * np.log2(hertz[band] / 440.0)).astype(int) % 12
    share = np.bincount(semitones, power[band], 12) / power[band].sum()
    e_flat_major = [(place + 6) % 12 for place in (0, 2, 4, 5, 7, 9, 11)]  # E flat lies six semitones above A
    assert share[e_flat_major].sum() > 0.95


def test_a_piece_is_reproducible(tmp_path: Path) -> None:
    """Two performances are equal, do not clip, and differ between the channels."""
    piece = min(PIECES, key=lambda piece: piece.played_sec * piece.sample_rate)
    first = play(piece)
    assert np.array_equal(first, play(piece))
    assert np.abs(first).max() == pytest.approx(PEAK)
    assert not np.allclose(first[0], first[1], atol=0.01)
    encode(piece, first, tmp_path / "one")
    encode(piece, first, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_files_are_written_atomically(tmp_path: Path) -> None:
    """An interrupted write leaves neither the file nor its temporary one."""

    def torn(part: Path) -> None:
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place_file(tmp_path / "song.wav", torn)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_whole_files(tmp_path: Path) -> None:
    """Ctrl-C prints a sentence and leaves only complete files."""
    command = [sys.executable, "-m", "auralis_fp.demo", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as filling:
        assert filling.stdout is not None
        assert filling.stdout.readline().startswith("[1/")
        filling.send_signal(signal.SIGINT)
        _, said = filling.communicate(timeout=LIMIT_SEC)
    assert (filling.returncode, said) == (130, "interrupted; run again to create the missing files\n")
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the way ends the command with a sentence, not a traceback."""
    (tmp_path / "taken").write_text("a file")
    assert main([str(tmp_path / "taken")]) == 1
    assert "cannot write the demo library" in capsys.readouterr().err


def test_each_piece_has_another_format() -> None:
    """Sixteen formats, all with a suffix that the watcher accepts."""
    assert len({piece.format for piece in PIECES}) == len(PIECES)
    assert {f".{piece.suffix}" for piece in PIECES} <= EXTENSIONS


def test_the_programme_loads_nothing_numeric() -> None:
    """Importing the package loads no numeric library before a piece is played."""
    code = "import sys, auralis_fp.demo; print({'numpy', 'av', 'soundfile'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
