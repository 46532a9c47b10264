"""A small network that scores candidates, trained with NumPy: two hidden layers, dropout, Adam with decay."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.types import FloatArray

from .examples import Example

HIDDEN: Final = (64, 32)
_EPOCHS: Final = 20
_BATCH: Final = 128  # examples
_RATE: Final = 2e-3
_DECAY: Final = 0.02
_DROPOUT: Final = (0.3, 0.4)  # of the inputs and of the hidden units
_LEVEL_WEIGHT: Final = 0.3  # of the likelihood of any metrical level of the true tempo
_MOMENTS: Final = (0.9, 0.999)

Layers = list[tuple[FloatArray, FloatArray]]


class Network(NamedTuple):
    """Mean and scale of the features, and weights and biases of each layer."""

    mean: FloatArray
    scale: FloatArray
    layers: Layers

    def scores(self, features: FloatArray) -> FloatArray:
        """Return the logits of candidates, shape (candidates,)."""
        values: FloatArray = (features - self.mean) * self.scale
        for weights, bias in self.layers[:-1]:
            values = np.maximum(values @ weights + bias, 0)
        weights, bias = self.layers[-1]
        scores: FloatArray = (values @ weights + bias)[:, 0]
        return scores


class _Batch(NamedTuple):
    """Candidates of several examples: features, first row of each example, its number per row, right and related."""

    features: FloatArray
    starts: NDArray[np.int64]
    whose: NDArray[np.int64]
    right: NDArray[np.bool_]
    related: NDArray[np.bool_]


def train(
    examples: Sequence[Example], weights: NDArray[np.float64], seed: int, *, hidden: tuple[int, ...] = HIDDEN,
    epochs: int = _EPOCHS,
) -> Network:  # fmt: skip
    """Return a network that maximises the weighted likelihood of the right candidate.

    Parameters
    ----------
    examples : sequence of Example
    weights : ndarray, shape (examples,), float64
    seed : int
    hidden : tuple of int
    epochs : int
    """
    random = np.random.default_rng(seed)
    every = np.concatenate([each.features for each in examples])
    mean, scale = every.mean(axis=0), 1 / (every.std(axis=0) + np.float32(1e-2))
    sizes = (every.shape[1], *hidden, 1)
    layers: Layers = [
        ((random.standard_normal((into, out)) * np.sqrt(2 / into)).astype(np.float32), np.zeros(out, dtype=np.float32))
        for into, out in pairwise(sizes)
    ]
    layers[-1] = (layers[-1][0] * np.float32(0.1), layers[-1][1])
    moments = [[[np.zeros_like(part) for part in layer] for layer in layers] for _ in range(2)]
    steps = epochs * -(-len(examples) // _BATCH)
    scaled = [(each.features - mean) * scale for each in examples]
    step = 0
    for _ in range(epochs):
        order = random.permutation(len(examples))
        for first in range(0, len(order), _BATCH):
            chosen = order[first : first + _BATCH]
            slopes = _slopes(layers, _batch(examples, scaled, chosen), weights[chosen], random)
            step += 1
            _update(layers, slopes, moments, step, _RATE * 0.5 * (1 + np.cos(np.pi * step / steps)))
    return Network(mean, scale, layers)


def _batch(examples: Sequence[Example], scaled: Sequence[FloatArray], chosen: NDArray[np.int64]) -> _Batch:
    counts = np.array([len(scaled[each]) for each in chosen])
    return _Batch(
        np.concatenate([scaled[each] for each in chosen]),
        np.concatenate(([0], np.cumsum(counts)[:-1])),
        np.repeat(np.arange(len(chosen)), counts),
        np.concatenate([examples[each].right for each in chosen]),
        np.concatenate([examples[each].related for each in chosen]),
    )


def _slopes(layers: Layers, batch: _Batch, weights: NDArray[np.float64], random: np.random.Generator) -> Layers:
    """Return the gradient of the loss with respect to all weights and biases."""
    values, kept = [_dropped(batch.features, _DROPOUT[0], random)], []
    for layer, bias in layers[:-1]:
        outputs = np.maximum(values[-1] @ layer + bias, 0)
        mask = (random.random(outputs.shape, dtype=np.float32) >= _DROPOUT[1]) / np.float32(1 - _DROPOUT[1])
        kept.append((outputs > 0) * mask)
        values.append(outputs * mask)
    scores = (values[-1] @ layers[-1][0] + layers[-1][1])[:, 0]
    slope = _score_slopes(scores, batch, weights)[:, None]
    slopes: Layers = []
    for index in range(len(layers) - 1, -1, -1):
        slopes.insert(0, (values[index].T @ slope, slope.sum(axis=0)))
        if index:
            slope = (slope @ layers[index][0].T) * kept[index - 1]
    return slopes


def _dropped(features: FloatArray, share: float, random: np.random.Generator) -> FloatArray:
    mask = random.random(features.shape, dtype=np.float32) >= share
    return np.asarray(features * mask / np.float32(1 - share), dtype=np.float32)


def _score_slopes(scores: FloatArray, batch: _Batch, weights: NDArray[np.float64]) -> FloatArray:
    """Return the gradient of the loss with respect to the logits."""
    likely = np.exp(scores - np.maximum.reduceat(scores, batch.starts)[batch.whose])
    likely /= np.add.reduceat(likely, batch.starts)[batch.whose]
    slope = np.zeros_like(likely)
    for weight, target in ((1.0, batch.right), (_LEVEL_WEIGHT, batch.related)):
        share = np.add.reduceat(likely * target, batch.starts)
        known = (share > 0)[batch.whose]
        wanted = likely * target / np.where(share > 0, share, 1)[batch.whose]
        slope += weight * (likely - wanted) * known
    return np.asarray(slope * weights[batch.whose] / len(weights), dtype=np.float32)


def _update(layers: Layers, slopes: Layers, moments: list[list[list[FloatArray]]], step: int, rate: float) -> None:
    """Take a step of Adam with decoupled weight decay, in place."""
    first, second = _MOMENTS
    for index, (layer, slope) in enumerate(zip(layers, slopes, strict=True)):
        for part, change in enumerate(slope):
            mean, square = moments[0][index][part], moments[1][index][part]
            mean += (1 - first) * (change - mean)
            square += (1 - second) * (change**2 - square)
            move = mean / (1 - first**step) / (np.sqrt(square / (1 - second**step)) + 1e-8)
            decay = _DECAY * layer[part] * (change.ndim > 1)
            layer[part][...] -= (rate * (move + decay)).astype(np.float32)
