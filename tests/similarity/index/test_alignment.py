"""Alignment of sub-fingerprints."""

import numpy as np
import pytest

from auralis_fp.schema.sub_fingerprints import HOP_SEC
from auralis_fp.similarity.index.alignment import Alignment, Recording, align, matches
from recordings import RATE, bits, recording


def aligned(one: bytes, other: bytes) -> Alignment:
    """Return the alignment that there is."""
    found = align(Recording.of(one), Recording.of(other))
    assert found is not None
    return found


@pytest.mark.parametrize("seconds", [0.0, 0.37, 5.11, 29.9])
def test_a_trimmed_copy_is_aligned(seconds: float) -> None:
    """By any offset up to 30 s, whichever of the two lacks its beginning."""
    samples = recording(1, 80)
    whole, trimmed = bits(samples), bits(samples[round(seconds * RATE) :])
    found = aligned(whole, trimmed)
    assert found.same
    assert found.agreement > 0.85
    assert found.offset_sec == pytest.approx(seconds, abs=HOP_SEC)
    assert aligned(trimmed, whole).offset_sec == pytest.approx(-seconds, abs=HOP_SEC)


def test_strangers_do_not_agree() -> None:
    """Whatever the offset, about half of the bits of other music are equal."""
    data = [bits(recording(seed, 60)) for seed in range(8)]
    for i, one in enumerate(data):
        for other in data[i + 1 :]:
            found = aligned(one, other)
            assert not found.same
            assert found.agreement < 0.6


def test_a_version_with_another_part_is_not_the_same() -> None:
    """A quarter that differs is enough, though most bits agree."""
    samples, other = recording(1, 80), recording(2, 80)
    samples_with_other = samples.copy()
    samples_with_other[30 * RATE : 50 * RATE] = other[30 * RATE : 50 * RATE]
    found = aligned(bits(samples), bits(samples_with_other))
    assert found.agreement > 0.8
    assert not found.same


def test_silence_is_no_copy() -> None:
    """Files with too little sound in common are not compared."""
    silence = bits(np.zeros((60 * RATE, 1), dtype=np.float32))
    assert align(Recording.of(silence), Recording.of(silence)) is None
    short = bits(recording(1, 5))
    assert align(Recording.of(short), Recording.of(short)) is None
    assert align(Recording.of(b""), Recording.of(b"")) is None


def test_shared_silence_does_not_count() -> None:
    """Two tracks that begin with half a minute of silence are compared by what follows."""
    samples = [recording(seed, 60) for seed in (1, 2)]
    for one in samples:
        one[: 30 * RATE] = 0.0
    first, second = (bits(one) for one in samples)
    assert aligned(first, first).agreement == 1.0
    assert not aligned(first, second).same


def test_matches_are_keyed() -> None:
    """Of several files those with the recording are named."""
    samples = recording(1, 60)
    others = {7: bits(recording(2, 60)), 8: bits(0.5 * samples), 9: b""}
    assert matches(bits(samples), others) == [8]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.23])
def test_a_few_bits_suffice_for_a_first_look(share: float) -> None:
    """A damaged copy with an offset passes it as long as all bits call it the same recording."""
    rng = np.random.default_rng(1)
    words = np.frombuffer(bits(recording(1, 70)), "<u4")
    flips = (rng.random((len(words), 32)) < share).astype(np.uint32) << np.arange(32, dtype=np.uint32)
    damaged = (words ^ flips.sum(axis=1, dtype=np.uint32))[50:].tobytes()
    assert aligned(words.tobytes(), damaged).same
    assert matches(words.tobytes(), {1: damaged, 2: bits(recording(2, 60))}) == [1]
