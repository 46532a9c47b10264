"""Probabilities of candidate beat periods: a small network whose weights were learnt from music of known tempo.

The weights are data of the package, `tempo_weights.npz`. ``python -m bench.tempo_training`` makes them; docs/tempo.md
lists the music.
"""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, readonly

_WEIGHTS: Final = "tempo_weights.npz"
_DENSITY_WEIGHT: Final = 2.0
_TEMPERATURE: Final = 5.0  # of the logits with the density


class _Network(NamedTuple):
    """Mean and scale of the features, weights and biases of the layers, (members, ...), and the temperature."""

    mean: FloatArray
    scale: FloatArray
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    temperature: float


def probabilities(features: FloatArray, log_density: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return the probability that listeners tap each candidate.

    Parameters
    ----------
    features : ndarray, shape (candidates, features), float32
        See `tempo_features.candidate_features`.
    log_density : ndarray, shape (candidates,), float64, optional
        See `tempo_network.log_density_at`; files shorter than its windows have none.

    Returns
    -------
    ndarray, shape (candidates,), float64
        Sum 1.

    Notes
    -----
    The logits are the mean of several networks with two hidden layers of rectified linear units, plus twice the
    logarithm of the density. A softmax with a temperature turns them into probabilities (Guo et al. 2017).

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., & Weinberger, K. (2017). On calibration of modern neural networks. ICML.

    Examples
    --------
    >>> probabilities(np.zeros((2, 319), dtype=np.float32)).round(3)
    array([0.5, 0.5])
    """
    network = _network()
    values = np.broadcast_to((features - network.mean) * network.scale, (len(network.layers[0][0]), *features.shape))
    for index, (weights, bias) in enumerate(network.layers):
        values = values @ weights + bias[:, None]
        values = np.maximum(values, 0) if index < len(network.layers) - 1 else values
    logits = values[..., 0].mean(axis=0, dtype=np.float64)
    if log_density is None:
        logits /= network.temperature
    else:
        logits = (logits + _DENSITY_WEIGHT * log_density) / _TEMPERATURE
    odds = np.exp(logits - logits.max())
    shares: NDArray[np.float64] = odds / odds.sum()
    return shares


@cache
def _network() -> _Network:
    with (files(__package__) / _WEIGHTS).open("rb") as stream, np.load(stream) as stored:
        arrays = {name: readonly(stored[name].astype(np.float32)) for name in stored.files}
    count = sum(name.startswith("weights") for name in arrays)
    layers = tuple((arrays[f"weights{index}"], arrays[f"biases{index}"]) for index in range(count))
    return _Network(arrays["mean"], arrays["scale"], layers, float(arrays["temperature"][0]))
