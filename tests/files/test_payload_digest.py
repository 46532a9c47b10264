"""The digest of every byte of a file's payload."""

import os
import shutil
from pathlib import Path

import pytest

from audio_files import RECIPES, Recipe, id3_tag, tones, write_recipe, write_wav
from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.files.containers import find_payload
from auralis_fp.files.content_id import PAYLOAD_DIGEST_BYTES, content_id, payload_digest


def digest_of(path: Path) -> bytes:
    """Return the payload digest of a file."""
    with path.open("rb", buffering=0) as file:
        return payload_digest(file)


@pytest.mark.parametrize("recipe", [each for each in RECIPES if each.channels == 2], ids=lambda recipe: recipe.title)
def test_every_byte_of_the_payload_counts(recipe: Recipe, tmp_path: Path) -> None:
    """A copy has the same digest; a change of one byte anywhere in the payload changes it."""
    path = tmp_path / f"song.{recipe.suffix}"
    write_recipe(path, recipe, tones(1.0, rate=recipe.rate))
    original = digest_of(path)
    assert len(original) == PAYLOAD_DIGEST_BYTES
    assert digest_of(Path(shutil.copyfile(path, tmp_path / "copy"))) == original
    with path.open("rb", buffering=0) as file:
        spans = find_payload(file).spans
    content = path.read_bytes()
    for start, end in (spans[0], spans[-1]):
        for position in (start, (start + end) // 2, end - 1):
            changed = bytearray(content)
            changed[position] ^= 1
            path.write_bytes(changed)
            assert digest_of(path) != original


def test_bytes_between_the_samples_of_the_content_id_count(tmp_path: Path) -> None:
    """Two long files that differ between the sampled pieces share a content id, not a digest."""
    path, other = write_wav(tmp_path / "a.wav", tones(30.0)), tmp_path / "b.wav"
    content = bytearray(path.read_bytes())
    content[44 + 10_000] ^= 1  # the second sample begins at 20 kB
    other.write_bytes(content)
    assert content_id(os.fsencode(path)) == content_id(os.fsencode(other))
    assert digest_of(path) != digest_of(other)


def test_tags_do_not_count(tmp_path: Path) -> None:
    """A tag in front of an MP3 file does not change its digest."""
    recipe = next(each for each in RECIPES if each.suffix == "mp3")
    path = tmp_path / "song.mp3"
    write_recipe(path, recipe, tones(1.0, rate=recipe.rate))
    original = digest_of(path)
    path.write_bytes(id3_tag(3000) + path.read_bytes())
    assert digest_of(path) == original


def test_the_analysis_returns_digest_and_decoder(tmp_path: Path) -> None:
    """The result of an analysis holds the digest of the file, and names the decoding library."""
    plain = write_wav(tmp_path / "a.wav", tones(1.0))
    found = fingerprint_file(os.fsencode(plain))
    assert found.payload_digest == digest_of(plain)
    assert found.metadata.decoder.startswith("libsndfile 1.")
    packed = tmp_path / "a.flac"
    write_recipe(packed, next(each for each in RECIPES if each.suffix == "flac"), tones(1.0))
    assert fingerprint_file(os.fsencode(packed)).metadata.decoder.startswith("libavcodec ")
