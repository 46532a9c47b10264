"""The training of the tempo networks on a tiny set."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.notes import Note
from bench.tempo_training import examples, fit, network, patterns
from bench.tempo_training.examples import Example
from bench.tempo_training.mastering import master
from bench.tempo_training.textures import BASS, CHORDS, TEXTURES, accompany

RATE = 100.0


def tiny_set(count: int = 240) -> list[Example]:
    """Return examples of five candidates, of which that with the highest first feature is right; some have none."""
    random = np.random.default_rng(0)
    found = []
    for index in range(count):
        features = random.standard_normal((5, 6)).astype(np.float32)
        right = np.arange(5) == features[:, 0].argmax()
        features[right, 0] += 1.5
        if index % 8 == 0:
            features, right = features[~right], right[~right]
        source = ("drums", "song")[index % 2]
        found.append(
            Example(
                source,
                f"group {index % 7}",
                120.0,
                np.arange(60.0, 60.0 * len(right) + 1, 60.0),
                features,
                right,
                right,
            )
        )
    return found


def test_trained_network_finds_the_right_candidate() -> None:
    """A trained network ranks the right candidate first."""
    found = tiny_set()
    net = network.train(found, fit.weights(found), 0, hidden=(16,), epochs=60)
    scores = [net.scores(each.features).astype(np.float64) for each in found]
    some = [index for index, each in enumerate(found) if each.right.any()]
    first, _ = fit.accuracy([found[index] for index in some], [scores[index] for index in some])
    assert first > 0.9


def test_training_is_reproducible() -> None:
    """The same seed trains the same weights."""
    found = tiny_set(40)
    first, second = (network.train(found, fit.weights(found), 3, hidden=(4,), epochs=2) for _ in range(2))
    assert all(
        np.array_equal(a, b)
        for one, two in zip(first.layers, second.layers, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def test_weights_balance_sources() -> None:
    """The examples of a source weigh together what its share says, and fast music weighs more."""
    found = tiny_set(40) + [each._replace(bpm=200.0) for each in tiny_set(40) if each.source == "song"]
    weights = fit.weights(found)
    assert weights[-1] > weights[1]
    drums = sum(weight for weight, each in zip(weights, found, strict=True) if each.source == "drums")
    songs = sum(weight for weight, each in zip(weights, found, strict=True) if each.source == "song")
    assert 0.5 < songs / drums < 2.0


def test_held_out_groups_are_not_split() -> None:
    """No group lies on both sides of a fold, and every example is held out once."""
    found = tiny_set(56)
    inside = []
    for fold in range(4):
        outside, some = examples.held_out(found, fold, 4)
        assert not {(each.source, each.group) for each in outside} & {(each.source, each.group) for each in some}
        inside += some
    assert len(inside) == len(found)


def test_temperature_calibrates() -> None:
    """Logits that are three times too large have three times the temperature."""
    random = np.random.default_rng(1)
    found, scores = [], []
    for example in tiny_set(400):
        logits = random.standard_normal(len(example.right)) * 2
        odds = np.exp(logits)
        chosen = random.choice(len(odds), p=odds / odds.sum())
        found.append(example._replace(right=np.arange(len(logits)) == chosen))
        scores.append(3 * logits)
    assert fit.temperature(found, scores) == pytest.approx(3.0, rel=0.2)


def test_saved_weights_are_those_of_the_networks(tmp_path: Path) -> None:
    """The file holds the layers of all networks in half precision, and the temperature."""
    found = tiny_set(40)
    nets = [network.train(found, fit.weights(found), seed, hidden=(4,), epochs=1) for seed in range(2)]
    fit.save(nets, 1.5, tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz") as stored:
        assert stored["weights0"].shape == (2, 6, 4)
        assert stored["temperature"][0] == 1.5
        assert np.allclose(stored["weights1"][1], nets[1].layers[1][0], atol=1e-3)


def test_examples_of_a_pulse(tmp_path: Path) -> None:
    """The onset curves of a pulse yield an example at each speed, with one right candidate."""
    curves = np.zeros((6, round(30 * RATE)), dtype=np.float16)
    curves[:, ::60] = 8
    about = json.dumps({"source": "drums", "group": "pulse", "bpm": 100.0, "rate": RATE})
    np.savez(tmp_path / "pulse.npz", curves=curves, about=about)
    found = examples.load([tmp_path / "pulse.npz"])
    assert [each.bpm for each in found] == pytest.approx([100 * speed for speed in examples.SPEEDS])
    assert all(each.right.sum() == 1 for each in found)
    assert all(len(each.features) == len(each.candidates) for each in found)


def test_patterns_are_bars_of_sixteen_steps() -> None:
    """Every pattern has sixteen steps of known loudness, and every genre a range of tempi."""
    for genre in (*patterns.GENRES.values(), *patterns.FURTHER.values()):
        assert 40 <= genre.slowest < genre.fastest <= 240
        for pattern in (*genre.kicks, *genre.snares, *genre.hats):
            assert len(pattern) == patterns.STEPS
            assert set(pattern) <= {".", *patterns.LOUDNESS}


@pytest.mark.parametrize("texture", sorted(set(TEXTURES)))
def test_accompaniment_fits_the_melody(texture: str) -> None:
    """Chords and bass under a broken C major triad are C major, and lie within the bars of the melody."""
    melody = [Note(float(beat), 0.9, 0, pitch, 84) for beat, pitch in enumerate((72, 76, 79, 76) * 4)]
    notes = list(accompany(melody, texture, 4, 2, np.random.default_rng(0)))
    assert bool(notes) == (texture != "melody")
    assert all(0 <= note.begin < 16 for note in notes)
    assert {note.pitch % 12 for note in notes if note.channel in {BASS, CHORDS}} <= {0, 4, 7}


def test_mastering_is_reproducible() -> None:
    """The same seed yields the same variant of a recording, without samples beyond full scale."""
    samples = np.random.default_rng(0).standard_normal((44_100, 2)).astype(np.float32)
    for seed in range(6):
        first, second = (master(samples, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(first, second)
        assert np.isfinite(first).all()
        assert np.abs(first).max() < 1.5
