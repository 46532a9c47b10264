"""Sidecars: format, location, and validation."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp import schema
from auralis_fp.models import Analysed, FileStamp, Part
from auralis_fp.settings import Settings
from auralis_fp.sidecars import format as sidecar_format
from auralis_fp.sidecars import storage as sidecar
from hosting import swapping
from stored import analysed, with_metadata


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Return an audio file without a sidecar."""
    folder = tmp_path / "music"
    folder.mkdir()
    path = folder / "song.flac"
    path.write_bytes(b"not read here")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with an empty data folder."""
    return Settings(data_dir=tmp_path / "data")


def stamp_of(path: Path) -> FileStamp:
    """Return the stamp of a file."""
    return FileStamp.of(path.stat())


def written(song: Path, settings: Settings, result: Analysed | None = None, within: Path | None = None) -> Path:
    """Write the sidecar of a song and return where it went."""
    bounds = [os.fsencode(within)] if within else []
    place = sidecar.write(os.fsencode(song), result or analysed(), stamp_of(song), settings, within=bounds)
    assert place is not None
    return Path(os.fsdecode(place))


def read(song: Path, settings: Settings) -> Analysed | None:
    """Return the result in the sidecar of a song."""
    return sidecar.read(os.fsencode(song), stamp_of(song), settings)


def test_a_sidecar_is_written_beside_its_song_and_read(song: Path, settings: Settings) -> None:
    """Values survive the round trip exactly."""
    result = analysed(lufs=-14.1234567890123, tempo_bpm=100 / 3)
    assert written(song, settings, result) == song.with_name("song.flac.25d")
    assert read(song, settings) == result


def test_the_form_is_the_one_the_host_reads(song: Path, settings: Settings) -> None:
    """Format 1.0 with exactly the dimensions of the schema, and the stamp of the file."""
    text = written(song, settings).read_text(encoding="utf-8")
    document = json.loads(text)
    assert document["format_version"] == "1.0"
    assert tuple(document["fingerprint"]) == schema.NAMES
    assert document["algorithm"] == "auralis_fp"
    assert document["algorithm_version"] == schema.ALGORITHM_VERSION
    audio = document["audio_file"]
    stamp = stamp_of(song)
    assert (audio["path"], audio["size_bytes"], audio["mtime_ns"]) == ("song.flac", stamp.size, stamp.mtime_ns)
    assert datetime.fromisoformat(audio["modified_at"]).timestamp() == pytest.approx(song.stat().st_mtime, abs=1e-3)
    assert datetime.fromisoformat(document["generated_at"]).tzinfo is not None
    assert text.isascii()


def test_the_sidecar_of_a_changed_song_is_ignored(song: Path, settings: Settings) -> None:
    """Neither with a new time nor with a new size."""
    written(song, settings)
    os.utime(song, ns=(0, song.stat().st_mtime_ns + 1))
    assert read(song, settings) is None
    written(song, settings)
    song.write_bytes(b"longer than it was before")
    assert read(song, settings) is None


Change = Callable[[dict[str, Any]], Any]

UNBELIEVABLE: dict[str, Change] = {
    "without the mark": lambda document: document.pop("algorithm"),
    "marked by another": lambda document: document.update(algorithm="other"),
    "older version": lambda document: document.update(algorithm_version=0),
    "newer version": lambda document: document.update(algorithm_version=schema.ALGORITHM_VERSION + 1),
    "newer format": lambda document: document.update(format_version="2.0"),
    "a value missing": lambda document: document["fingerprint"].pop("lufs"),
    "a value too many": lambda document: document["fingerprint"].update(taste=1.0),
    "a value out of range": lambda document: document["fingerprint"].update(lufs=1e9),
    "a number too long for a float": lambda document: document["fingerprint"].update(lufs=10**400),
    "a time too long for a float": lambda document: document.update(processing_time_ms=10**400),
    "a size too long for a float": lambda document: document["audio_file"].update(size_bytes=10**400),
    "a value that is none": lambda document: document["fingerprint"].update(lufs=None),
    "a value that is text": lambda document: document["fingerprint"].update(lufs="-14"),
    "NaN": lambda document: document["fingerprint"].update(lufs=float("nan")),
    "no audio file": lambda document: document.pop("audio_file"),
    "another size": lambda document: document["audio_file"].update(size_bytes=1),
    "another time": lambda document: document["audio_file"].update(mtime_ns=1),
    "no metadata": lambda document: document.pop("metadata"),
    "bad metadata": lambda document: document["metadata"].update(channels="two"),
    "negative time": lambda document: document.update(processing_time_ms=-1),
}


@pytest.mark.parametrize("change", UNBELIEVABLE.values(), ids=UNBELIEVABLE.keys())
def test_invalid_sidecars_are_ignored(song: Path, settings: Settings, change: Change) -> None:
    """Each invalid field causes the sidecar to be ignored."""
    place = written(song, settings)
    document = json.loads(place.read_text(encoding="utf-8"))
    change(document)
    place.write_text(json.dumps(document), encoding="utf-8")
    assert read(song, settings) is None


@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_ignored(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Arbitrary bytes are ignored without an exception."""
    folder = tmp_path_factory.getbasetemp()
    song = folder / "garbage.flac"
    song.touch()
    song.with_name("garbage.flac.25d").write_bytes(content)
    assert read(song, Settings(data_dir=folder / "data")) is None


@pytest.mark.parametrize(
    "content", [b"[" * 50_000, b'{"a":' * 10_000, b" " * 70_000, b"\xff\xfe", b"", b"null", b"1e999"]
)
def test_hostile_sidecars_are_ignored(song: Path, settings: Settings, content: bytes) -> None:
    """Deep nesting, excessive size and invalid encodings are ignored without an exception."""
    song.with_name("song.flac.25d").write_bytes(content)
    assert read(song, settings) is None


def test_a_fifo_does_not_keep_the_reader_waiting(song: Path, settings: Settings) -> None:
    """Anything but a regular file is neither read nor overwritten."""
    fifo = song.with_name("song.flac.25d")
    os.mkfifo(fifo)
    assert read(song, settings) is None
    assert settings.data_dir in written(song, settings).parents
    assert fifo.is_fifo()


def test_a_link_is_neither_followed_nor_replaced(song: Path, settings: Settings, tmp_path: Path) -> None:
    """A link named like a sidecar cannot direct a read or a write elsewhere."""
    target = tmp_path / "target"
    target.write_text("{}", encoding="ascii")
    song.with_name("song.flac.25d").symlink_to(target)
    assert read(song, settings) is None
    assert settings.data_dir in written(song, settings).parents
    assert target.read_text(encoding="ascii") == "{}"


def test_the_founding_servers_file_is_replaced(song: Path, settings: Settings) -> None:
    """A 1.0 file without an algorithm is ignored and replaced."""
    old = {"format_version": "1.0", "fingerprint": analysed().fingerprint}
    song.with_name("song.flac.25d").write_text(json.dumps(old), encoding="utf-8")
    assert read(song, settings) is None
    assert written(song, settings) == song.with_name("song.flac.25d")
    assert read(song, settings) == analysed()


@pytest.mark.parametrize("content", ['{"format_version": "2.0"}', "notes of mine", "[]"])
def test_another_programs_file_is_left_alone(song: Path, settings: Settings, content: str) -> None:
    """The sidecar goes to the data folder and is found there."""
    other = song.with_name("song.flac.25d")
    other.write_text(content, encoding="ascii")
    assert settings.data_dir in written(song, settings).parents
    assert other.read_text(encoding="ascii") == content
    assert read(song, settings) == analysed()


def test_a_folder_that_cannot_be_written_is_no_failure(song: Path, tmp_path: Path) -> None:
    """A name too long for a sidecar beside it goes to the data folder."""
    settings = Settings(data_dir=tmp_path / "data")
    longest = song.with_name("x" * 250 + ".flac")
    song.rename(longest)
    assert settings.data_dir in written(longest, settings).parents
    assert read(longest, settings) == analysed()


def test_a_sidecar_returns_to_the_track_when_the_way_is_free(song: Path, settings: Settings) -> None:
    """One that had to go to the data folder does not count once the file in its way is gone, and is moved back."""
    path, place = os.fsencode(song), song.with_name("song.flac.25d")
    place.write_text('{"format_version": "1.', encoding="ascii")  # another program is still writing it
    elsewhere = written(song, settings)
    assert settings.data_dir in elsewhere.parents
    assert sidecar.find(path, settings).in_place
    place.unlink()
    assert not sidecar.find(path, settings).in_place
    assert written(song, settings) == place
    assert sidecar.find(path, settings).in_place
    assert not elsewhere.exists()


def test_sidecars_can_lie_elsewhere_or_nowhere(song: Path, tmp_path: Path) -> None:
    """According to the settings, in the data folder or nowhere."""
    elsewhere = Settings(data_dir=tmp_path / "data", sidecars="data-dir")
    assert elsewhere.data_dir in written(song, elsewhere).parents
    assert read(song, elsewhere) == analysed()
    off = Settings(data_dir=tmp_path / "data", sidecars="off")
    assert sidecar.write(os.fsencode(song), analysed(), stamp_of(song), off) is None
    assert read(song, off) is None
    assert os.listdir(song.parent) == ["song.flac"]


def test_two_songs_never_share_a_sidecar(song: Path, tmp_path: Path) -> None:
    """The name in the data folder depends on the whole path."""
    settings = Settings(data_dir=tmp_path / "data", sidecars="data-dir")
    other = song.parent / "more" / "song.flac"
    other.parent.mkdir()
    other.write_bytes(song.read_bytes())
    assert written(song, settings) != written(other, settings)


def test_names_that_are_not_text_have_sidecars_too(song: Path, settings: Settings) -> None:
    """Names that are not valid text are preserved."""
    odd = os.path.join(os.fsencode(song.parent), b"\xe9\xff.flac")  # noqa: PTH118 - bytes
    os.rename(song, odd)  # noqa: PTH104 - bytes
    stamp = FileStamp.of(os.stat(odd))  # noqa: PTH116 - bytes
    assert sidecar.write(odd, analysed(), stamp, settings) == odd + b".25d"
    assert sidecar.read(odd, stamp, settings) == analysed()


def test_metadata_is_kept(song: Path, settings: Settings) -> None:
    """Including strings with lone surrogates."""
    result = with_metadata(analysed(), codec="odd \udce9 codec", warnings=("truncated", "decode_errors"))
    written(song, settings, result)
    assert read(song, settings) == result


def test_parts_are_kept(song: Path, settings: Settings) -> None:
    """They come back to the bit."""
    result = replace(analysed(), parts=(Part("sub_fingerprints", 1, bytes(range(256)) * 12),))
    written(song, settings, result)
    assert read(song, settings) == result


def test_nothing_is_left_of_an_interrupted_write(song: Path, settings: Settings) -> None:
    """After repeated kills, the sidecar is the complete old or the complete new one."""
    writing = (
        "import os, sys\nsys.path.insert(0, 'tests/support')\nfrom stored import analysed\n"
        "from auralis_fp.models import FileStamp\nfrom auralis_fp.settings import Settings\n"
        "from auralis_fp.sidecars import storage as sidecar\nfrom pathlib import Path\n"
        "song = Path(sys.argv[1]); stamp = FileStamp.of(song.stat()); settings = Settings(data_dir=sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "while True: sidecar.write(os.fsencode(song), analysed(), stamp, settings)\n"
    )
    for _ in range(3):
        command = [sys.executable, "-c", writing, str(song), str(settings.data_dir)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while read(song, settings) is None:
                assert writer.poll() is None
            for _ in range(200):
                assert read(song, settings) == analysed()
            writer.kill()
        assert read(song, settings) == analysed()
    remaining = set(os.listdir(song.parent)) - {"song.flac", "song.flac.25d"}
    assert all(name.startswith(".") for name in remaining)  # hidden: neither music nor taken for a sidecar


def test_a_folder_that_leads_out_of_the_library_gets_no_sidecar(song: Path, settings: Settings, tmp_path: Path) -> None:
    """A link that leads out of the library is not written through; one within it is."""
    outside, inside = tmp_path / "outside", song.parent / "inside"
    for folder in (outside, inside):
        folder.mkdir()
        (folder / "b.flac").write_bytes(b"not read here")
    (song.parent / "out").symlink_to(outside)
    (song.parent / "in").symlink_to(inside)
    assert written(song.parent / "out" / "b.flac", settings, within=song.parent).is_relative_to(settings.data_dir)
    assert sorted(path.name for path in outside.iterdir()) == ["b.flac"]
    assert written(song.parent / "in" / "b.flac", settings, within=song.parent) == song.parent / "in" / "b.flac.25d"
    assert written(song, settings, within=song.parent) == song.with_name("song.flac.25d")


def test_a_folder_swapped_while_it_is_written_to(song: Path, settings: Settings, tmp_path: Path) -> None:
    """A folder swapped for an outside link during a write never receives the sidecar."""
    outside, inside = tmp_path / "outside", song.parent / "inside"
    for folder in (outside, inside):
        folder.mkdir()
        (folder / "b.flac").write_bytes(b"not read here")
    named = song.parent / "there"
    named.symlink_to(inside)
    with swapping(named, inside, outside):
        for _ in range(300):
            written(named / "b.flac", settings, within=song.parent)
    assert sorted(path.name for path in outside.iterdir()) == ["b.flac"]
    assert sorted(path.name for path in inside.iterdir()) == ["b.flac", "b.flac.25d"]


def test_sidecars_of_deleted_files_are_removed(song: Path, settings: Settings) -> None:
    """Only when the file is gone, and only those of this program."""
    place = written(song, settings)
    assert sidecar.remove_stray(bytes(song), settings) == 0
    song.unlink()
    assert sidecar.remove_stray(bytes(song), settings) == 1
    assert not place.exists()
    place.write_text("notes of mine", encoding="ascii")
    assert sidecar.remove_stray(bytes(song), settings) == 0
    assert place.exists()
    place.unlink()
    os.mkfifo(place)
    assert sidecar.remove_stray(bytes(song), settings) == 0
    assert place.is_fifo()


@given(st.integers(min_value=0, max_value=4_000_000_000), st.integers(min_value=0, max_value=10**9 - 1))
def test_modification_times_as_the_host_writes_them(seconds: int, nanoseconds: int) -> None:
    """The text is that of the float which ``os.stat`` returns, to the last digit, for every nanosecond."""
    with tempfile.NamedTemporaryFile() as file:
        os.utime(file.name, ns=(0, seconds * 10**9 + nanoseconds))
        status = Path(file.name).stat()
        document = json.loads(sidecar_format.encode(b"a.flac", analysed(), FileStamp.of(status), None))
        assert document["audio_file"]["modified_at"] == datetime.fromtimestamp(status.st_mtime).isoformat()  # noqa: DTZ006
