"""What a file shows before a worker looks at it."""

import os
from pathlib import Path

from auralis_fp.files.content_id import content_id
from auralis_fp.files.rules import Rules
from auralis_fp.jobs import examination
from auralis_fp.models import FileStamp, Rejected
from hosting import tone_file


def rules_of(folder: Path) -> Rules:
    """Return the rules of a library in a folder."""
    return Rules([os.fsencode(folder)])


def test_an_audio_file(tmp_path: Path) -> None:
    """Its content id, stamp and bounds are known, for a moment."""
    song = tone_file(tmp_path / "song.wav")
    path = os.fsencode(song)
    found = examination.examine_requested(path, rules_of(tmp_path))
    assert isinstance(found, examination.Examination)
    assert (found.content, found.stamp) == (content_id(path), FileStamp.of(song.stat()))
    assert found.is_fresh
    assert not found._replace(made_at=found.made_at - 1).is_fresh


def test_a_file_that_is_no_audio(tmp_path: Path) -> None:
    """It is refused without a look at its content."""
    (tmp_path / "song.mp3").write_bytes(b"%PDF-1.7")
    found = examination.examine_requested(os.fsencode(tmp_path / "song.mp3"), rules_of(tmp_path))
    assert isinstance(found, Rejected)
    assert (found.stage, found.code) == ("decode", "unsupported")


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """It has no stamp."""
    assert examination.examine(os.fsencode(tmp_path / "song.mp3"), rules_of(tmp_path)).stamp is None
