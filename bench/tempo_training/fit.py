"""Fit the networks, calibrate their temperature on held-out groups, and write the weights."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from auralis_fp.analysis.rhythm import tempo_classifier

from .examples import Example, held_out
from .network import Network, train

WEIGHTS: Final = Path(tempo_classifier.__file__).with_name("tempo_weights.npz")
_MEMBERS: Final = 3
_FOLDS: Final = 4
_FAST: Final = 0.7  # exponent of the tempo in the weight: songs are faster than accompaniments
_SHARES: Final = {
    "drums": 1.0,
    "mma": 1.0,
    "song": 0.8,
    "tune": 0.8,
    "further drums": 0.2,
}  # of the sources in the loss


def weights(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return the weight of each example: that of its source, divided among its examples; fast music weighs more."""
    counts = Counter(each.source for each in examples)
    shares = np.array([_SHARES[each.source] / counts[each.source] for each in examples])
    shares *= np.array([each.bpm for each in examples]) ** _FAST
    found: NDArray[np.float64] = shares / shares.mean()
    return found


def fit(examples: Sequence[Example]) -> list[Network]:
    """Return networks that differ in their random start."""
    return [train(examples, weights(examples), seed) for seed in range(_MEMBERS)]


def logits(networks: Sequence[Network], example: Example) -> NDArray[np.float64]:
    """Return the mean logits of an example's candidates."""
    scores: NDArray[np.float64] = np.mean(
        [each.scores(example.features) for each in networks], axis=0, dtype=np.float64
    )
    return scores


def cross_validate(examples: Sequence[Example]) -> tuple[list[Example], list[NDArray[np.float64]]]:
    """Return all examples with the logits of networks that have not seen their group."""
    found: list[Example] = []
    scores: list[NDArray[np.float64]] = []
    for fold in range(_FOLDS):
        outside, inside = held_out(examples, fold, _FOLDS)
        networks = [train(outside, weights(outside), seed) for seed in range(2)]
        found += inside
        scores += [logits(networks, each) for each in inside]
    return found, scores


def across_sources(examples: Sequence[Example]) -> tuple[list[Example], list[NDArray[np.float64]]]:
    """Return all examples with the logits of networks that have not seen their source."""
    found: list[Example] = []
    scores: list[NDArray[np.float64]] = []
    for source in sorted({each.source for each in examples}):
        inside = [each for each in examples if each.source == source]
        outside = [each for each in examples if each.source != source]
        networks = [train(outside, weights(outside), 0)]
        found += inside
        scores += [logits(networks, each) for each in inside]
    return found, scores


def temperature(examples: Sequence[Example], scores: Sequence[NDArray[np.float64]]) -> float:
    """Return the temperature that maximises the likelihood of the right candidates (Guo et al. 2017)."""

    def cost(value: float) -> float:
        total = 0.0
        for example, each in zip(examples, scores, strict=True):
            if example.right.any():
                scaled = each / value
                total += float(np.logaddexp.reduce(scaled) - np.logaddexp.reduce(scaled[example.right]))
        return total

    return float(minimize_scalar(cost, bounds=(0.5, 8.0), method="bounded").x)


def accuracy(examples: Sequence[Example], scores: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Return accuracy 1 and accuracy 2."""
    best = [int(each.argmax()) for each in scores]
    right = [(example.right[each], example.related[each]) for example, each in zip(examples, best, strict=True)]
    first, second = np.mean(right, axis=0)
    return float(first), float(second)


def save(networks: Sequence[Network], at_temperature: float, path: Path = WEIGHTS) -> None:
    """Write the weights of networks with common features, in half precision."""
    arrays: dict[str, Any] = {
        "mean": networks[0].mean,
        "scale": networks[0].scale,
        "temperature": np.array([at_temperature], dtype=np.float32),
    }
    for index in range(len(networks[0].layers)):
        arrays[f"weights{index}"] = np.stack([each.layers[index][0] for each in networks]).astype(np.float16)
        arrays[f"biases{index}"] = np.stack([each.layers[index][1] for each in networks]).astype(np.float16)
    np.savez_compressed(path, **arrays)
