"""Train the temporal convolutional network with JAX on tempo and beats; the package needs the weights of the tempo."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from auralis_fp.analysis.rhythm.band_levels import BANDS

from . import checkpoint
from .batches import Batch, Examples, draw

CHANNELS: Final = 20
_DILATIONS: Final = (1, 2, 4, 8, 16, 32)
_HIDDEN: Final = 48
_TEMPI: Final = 36 * 2 ** (0.055 * np.arange(51))
_SPREAD: Final = 0.8 * 0.055  # octaves: of the wanted density
_RATE: Final = 4e-3
_WARM_UP: Final = 60
_DECAY: Final = 2e-3
_AVERAGE: Final = 0.998  # decay of the moving average of the weights, which is what remains
_FAST: Final = 0.5  # exponent of the tempo in the weight
_OF_BEATS: Final = {"bw", "bb"}  # weights that the package does not need
_SAVED_EVERY: Final = 250  # batches
_NEIGHBOUR: Final = 0.4  # wanted activation beside a beat

Weights = dict[str, jax.Array]


def initial(key: jax.Array) -> Weights:
    """Return random weights."""
    keys = iter(jax.random.split(key, 32))

    def layer(into: int, out: int, scale: float = 1.0) -> jax.Array:
        return jax.random.normal(next(keys), (into, out)) * scale * np.sqrt(2 / into)

    weights = {"f1": layer(6 * BANDS, CHANNELS, 2.0), "fb1": jnp.zeros(CHANNELS)}
    for index in range(len(_DILATIONS)):
        weights |= {f"w{index}": layer(5 * CHANNELS, CHANNELS), f"b{index}": jnp.zeros(CHANNELS)}
        weights |= {f"v{index}": layer(CHANNELS, CHANNELS, 0.5), f"c{index}": jnp.zeros(CHANNELS)}
    statistics = 2 * CHANNELS * len(_DILATIONS)
    return weights | {
        "bw": layer(CHANNELS, 1, 0.1), "bb": jnp.full(1, -2.0), "t1": layer(statistics, _HIDDEN, 0.7),
        "tb1": jnp.zeros(_HIDDEN), "t2": layer(_HIDDEN, len(_TEMPI), 0.3), "tb2": jnp.zeros(len(_TEMPI)),
    }  # fmt: skip


def _dropped(key: jax.Array, values: jax.Array, share: float, axis: int | None = None) -> jax.Array:
    shape = [1 if place == axis else size for place, size in enumerate(values.shape)]
    return values * jax.random.bernoulli(key, 1 - share, shape) / (1 - share)


def _taps(values: jax.Array, offsets: tuple[int, ...]) -> jax.Array:
    reach, length = max(offsets), values.shape[1]
    padded = jnp.pad(values, ((0, 0), (reach, reach), (0, 0)))
    return jnp.concatenate([padded[:, reach + each : reach + each + length] for each in offsets], axis=2)


def _outputs(weights: Weights, inputs: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the logits of the tempi and of beats, with dropout; see `tempo_network` for the same without."""
    keys = jax.random.split(key, 8)
    hidden = jax.nn.relu(_taps(inputs, (-1, 0, 1)) @ weights["f1"] + weights["fb1"])
    statistics = []
    for index, dilation in enumerate(_DILATIONS):
        offsets = tuple(dilation * tap for tap in (-2, -1, 0, 1, 2))
        inner = jax.nn.leaky_relu(_taps(hidden, offsets) @ weights[f"w{index}"] + weights[f"b{index}"], 0.1)
        inner = _dropped(keys[index], inner, 0.1, axis=1) if index > 1 else inner
        statistics += [inner.mean(axis=1), jnp.sqrt(inner.var(axis=1) + 1e-4)]
        hidden = hidden + inner @ weights[f"v{index}"] + weights[f"c{index}"]
    pooled = _dropped(keys[6], jnp.concatenate(statistics, axis=1), 0.2)
    dense = _dropped(keys[7], jax.nn.elu(pooled @ weights["t1"] + weights["tb1"]), 0.25)
    return dense @ weights["t2"] + weights["tb2"], (hidden @ weights["bw"] + weights["bb"])[..., 0]


def _loss(weights: Weights, batch: Batch, key: jax.Array) -> jax.Array:
    """Return the weighted cross-entropy of the tempo plus that of the beats, after random gain and masked bands."""
    keys = jax.random.split(key, 4)
    count, bands = len(batch.bpm), jnp.arange(BANDS)[None]
    first = jax.random.randint(keys[0], (count, 1), -20, BANDS + 12)
    masked = (bands >= first) & (bands < first + jax.random.randint(keys[1], (count, 1), 0, 9))
    gain = jax.random.uniform(keys[2], (count, 1, 1), minval=0.75, maxval=1.25)
    inputs = batch.inputs * gain * jnp.tile(~masked, (1, 2))[:, None]
    tempi, beats = _outputs(weights, inputs, keys[3])
    wanted = jnp.exp(-0.5 * (jnp.log2(batch.bpm[:, None] / _TEMPI) / _SPREAD) ** 2)
    wanted /= wanted.sum(axis=1, keepdims=True)
    tempo_loss = -(wanted * jax.nn.log_softmax(tempi)).sum(axis=1)
    known = (batch.beats[:, 0] >= 0).astype(jnp.float32)
    beside = jnp.maximum(jnp.roll(batch.beats, 1, axis=1), jnp.roll(batch.beats, -1, axis=1))
    activation = jnp.maximum(batch.beats, _NEIGHBOUR * beside)
    beat_loss = optax.sigmoid_binary_cross_entropy(beats, activation).mean(axis=1) * known
    loss: jax.Array = ((batch.bpm / 110) ** _FAST * (tempo_loss + beat_loss)).mean()
    return loss


class Run(NamedTuple):
    """How to train.

    Parameters
    ----------
    steps : int
        Batches.
    state : Path
        The state is kept here. A training that was interrupted goes on from it.
    start : Path or None
        Weights to begin with, at half the rate; default: random.
    seed : int
    """

    steps: int
    state: Path
    start: Path | None = None
    seed: int = 0


def train(examples: Mapping[str, Examples], run: Run) -> dict[str, NDArray[np.float16]]:
    """Return the weights of the tempo.

    Parameters
    ----------
    examples : mapping of str to Examples
    run : Run
    """
    rate = _RATE if run.start is None else _RATE / 2
    schedule = optax.warmup_cosine_decay_schedule(0.0, rate, _WARM_UP, max(run.steps, 2 * _WARM_UP), 0.02 * rate)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=_DECAY))
    key = jax.random.PRNGKey(run.seed)
    weights = average = initial(key) | _stored(run.start)
    state = optimizer.init(weights)
    plan = f"{run.steps} {run.start} {run.seed} " + " ".join(f"{each} {len(examples[each].bpm)}" for each in examples)
    first, kept = checkpoint.load(run.state, plan) or (0, None)
    if kept is not None:
        structure = jax.tree.structure((weights, average, state))
        weights, average, state = jax.tree.unflatten(structure, list(map(jnp.asarray, kept)))
        print(f"going on after step {first}", flush=True)

    def update(
        weights: Weights, average: Weights, state: optax.OptState, batch: Batch, key: jax.Array
    ) -> tuple[Weights, Weights, optax.OptState, jax.Array]:
        loss, slopes = jax.value_and_grad(_loss)(weights, batch, key)
        updates, state = optimizer.update(slopes, state, weights)
        weights = optax.apply_updates(weights, updates)
        return weights, optax.incremental_update(weights, average, 1 - _AVERAGE), state, loss

    step, losses = jax.jit(update), []
    for index in range(first, run.steps):
        batch = draw(examples, np.random.default_rng((run.seed, index)))
        weights, average, state, loss = step(weights, average, state, batch, jax.random.fold_in(key, index))
        losses.append(float(loss))
        if (index + 1) % _SAVED_EVERY == 0:
            checkpoint.save(run.state, index + 1, plan, jax.tree.leaves((weights, average, state)))
            mean, seconds = np.mean(losses[-_SAVED_EVERY:]), time.process_time()
            print(f"step {index + 1} of {run.steps}, loss {mean:.3f}, {seconds:.0f} s of CPU", flush=True)
    return {name: np.asarray(each, dtype=np.float16) for name, each in average.items() if name not in _OF_BEATS}


def _stored(path: Path | None) -> Weights:
    if path is None:
        return {}
    with np.load(path) as stored:
        return {name: jnp.asarray(stored[name], dtype=jnp.float32) for name in stored.files}
