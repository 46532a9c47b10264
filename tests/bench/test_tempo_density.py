"""The training set and the state of the training of the network of band levels."""

from pathlib import Path

import numpy as np
import pytest

from auralis_fp.analysis.rhythm.band_levels import BANDS, FRAMES
from auralis_fp.analysis.rhythm.tempo_network import network_input
from auralis_fp.analysis.types import FloatArray
from bench.tempo_density import batches, checkpoint, drum_clips, styles, templates
from bench.tempo_density.batches import Examples
from bench.tempo_density.mix import SECONDS, Clip, Mix, Sounds
from bench.tempo_density.templates import DRUMS, GRID, KITS, PITCHES, Font
from bench.tempo_training.drum_machine import KINDS


def decay() -> FloatArray:
    """Return the template of a sound that begins at once and decays by half in four frames."""
    return np.broadcast_to(0.5 ** (np.arange(templates.FRAMES, dtype=np.float32) / 8)[:, None], (100, BANDS))


def mix(seed: int = 0) -> Mix:
    """Return an empty mix whose sounds all have the same template."""
    notes, drums = (128, len(PITCHES)), (len(KITS), len(DRUMS))
    font = Font(
        np.broadcast_to(decay(), (*notes, templates.FRAMES, BANDS)),
        np.ones(notes, dtype=np.float32),
        np.broadcast_to(decay(), (*drums, templates.FRAMES, BANDS)),
        np.ones(drums, dtype=np.float32),
    )
    return Mix(Sounds((font,), {kind: {"sample": decay()} for kind in KINDS}), np.random.default_rng(seed))


def made(clip: Clip) -> FloatArray:
    """Return the network's input of a clip."""
    found: FloatArray = network_input(clip.mix.levels()[None])[0]
    return found


@pytest.mark.parametrize("genre", drum_clips.GENRES)
def test_drum_clip_has_its_tempo(genre: str) -> None:
    """The beats of a clip of drums are as far apart as its tempo says, and its input is finite."""
    clip = drum_clips.clip(genre, mix())
    assert clip.beats is not None
    assert np.diff(clip.beats).mean() == pytest.approx(60 / clip.bpm, rel=0.02)
    assert np.isfinite(made(clip)).all()


@pytest.mark.parametrize("style", styles.STYLES)
def test_style_has_a_tempo_of_its_range(style: str) -> None:
    """The beats of a clip without drums lie in it, and its tempo in the range of its style."""
    clip = styles.clip(style, mix())
    assert styles.STYLES[style].slowest <= clip.bpm <= styles.STYLES[style].fastest
    assert clip.beats is not None
    assert 0 <= clip.beats[0] < clip.beats[-1] < SECONDS
    assert np.isfinite(made(clip)).all()


def test_drum_is_heard_where_it_is_played() -> None:
    """The level of a drum rises at its time."""
    one = mix(3)
    one.drum(36, 110, 6.0, 1.0)
    rises = np.diff(one.levels().mean(axis=1))
    assert abs(rises.argmax() - 6.0 / GRID.hop_sec) <= 2


def test_clips_are_reproducible() -> None:
    """The same seed yields the same clip."""
    first, second = (made(styles.clip("waltz", mix(5))) for _ in range(2))
    assert np.array_equal(first, second)


def test_beats_are_marked_in_pairs_of_frames() -> None:
    """A beat at 1 s is marked in the pair of frames around it, and unknown beats are -1 throughout."""
    clip = Clip(mix(), 60.0, np.array([1.0, SECONDS + 1]))
    assert np.flatnonzero(clip.beat_activation()) == pytest.approx([1.0 / GRID.hop_sec / 2], abs=1)
    assert set(clip._replace(beats=None).beat_activation()) == {-1.0}


def test_batch_has_examples_of_all_sources() -> None:
    """A batch takes examples of each source, and shifts no more than a band."""
    inputs = np.zeros((3, FRAMES // 2, 2 * BANDS), dtype=np.float16)
    inputs[:, :, 10] = 1
    sources = {
        source: Examples(inputs, np.full(3, bpm, np.float32), np.zeros((3, FRAMES // 2), np.float32))
        for bpm, source in ((60, "drums"), (120, "song"))
    }
    batch = batches.draw(sources, np.random.default_rng(0))
    assert batch.inputs.shape == (batches.SIZE, FRAMES // 2, 2 * BANDS)
    assert set(batch.bpm) == {60, 120}
    assert set(np.unique(batch.inputs.argmax(axis=2))) == {9, 10, 11}


def test_training_goes_on_from_its_state(tmp_path: Path) -> None:
    """A state comes back whole, and only for the plan it was written for."""
    path = tmp_path / "state.npz"
    assert checkpoint.load(path, "plan") is None
    checkpoint.save(path, 7, "plan", [np.arange(3), np.float32(0.5)])
    kept = checkpoint.load(path, "plan")
    assert kept is not None
    step, arrays = kept
    assert step == 7
    assert [each.tolist() for each in arrays] == [[0, 1, 2], 0.5]
    assert checkpoint.load(path, "another plan") is None
