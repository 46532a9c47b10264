"""A map of the library: two coordinates for each track that keep neighbours together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..protocol import TrackMap
from .catalogue import Catalogue
from .distance import city_block
from .generation import Generation
from .path import matrix
from .transforms import FloatArray

PERPLEXITY: Final = 15.0
ITERATIONS: Final = 500
EXAGGERATED: Final = 120  # first iterations, in which attraction counts EXAGGERATION times
EXAGGERATION: Final = 12.0
NEAREST: Final = 5  # landmarks that place another track
KEPT: Final = 10  # neighbours compared by `share_kept`
STEPS: Final = 65_535  # of a coordinate
_HALVINGS: Final = 50

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Places of the sampled tracks of a generation.

    Parameters
    ----------
    generation : int
    places : ndarray, shape (n_sample, 2)
    kept : float
        As `share_kept` defines it; 1 for fewer than twelve tracks.
    """

    generation: int
    places: Matrix
    kept: float

    @classmethod
    def of(cls, generation: Generation, on_progress: Callable[[], None] = lambda: None) -> "Landmarks":
        """Place the sampled tracks by t-SNE.

        Parameters
        ----------
        generation : Generation
        on_progress : callable, optional
            Called now and then.
        """
        distances = matrix(generation.sample)
        places = tsne(distances, on_progress)
        return cls(generation.number, places, share_kept(distances, places))


class MapMaker:
    """Answers queries for the map, and keeps the places of the sampled tracks as long as their generation.

    Parameters
    ----------
    catalogue : Catalogue
    on_progress : callable, optional
        Called now and then.
    """

    def __init__(self, catalogue: Catalogue, on_progress: Callable[[], None] = lambda: None) -> None:
        self._catalogue = catalogue
        self._on_progress = on_progress
        self._landmarks: Landmarks | None = None

    def track_map(self) -> TrackMap:
        """Return the map of the library as it is."""
        catalogue, generation = self._catalogue, self._catalogue.generation
        if self._landmarks is None or self._landmarks.generation != generation.number:
            self._landmarks = Landmarks.of(generation, self._on_progress)
        coordinates = project(catalogue, self._landmarks.places, self._on_progress)
        x, y = (np.round(STEPS * axis).astype("<u2").tobytes() for axis in coordinates)
        ids = catalogue.column("id").astype("<u8").tobytes()
        return TrackMap(generation=generation.number, kept=round(self._landmarks.kept, 4), ids=ids, x=x, y=y)


def project(catalogue: Catalogue, landmarks: Matrix, on_progress: Callable[[], None] = lambda: None) -> FloatArray:
    """Return coordinates of all tracks.

    Parameters
    ----------
    catalogue : Catalogue
    landmarks : ndarray, shape (n_sample, 2)
        Places of the sampled tracks.
    on_progress : callable, optional
        Called now and then.

    Returns
    -------
    ndarray, shape (2, n_tracks), float32
        Between 0 and 1.

    Notes
    -----
    A track lies at the mean of its five nearest sampled tracks, weighted by 1 / d². The same generation always has the
    same map, and new tracks do not move others.
    """
    sample, count = catalogue.generation.sample, len(catalogue)
    if not len(sample):
        return np.full((2, count), 0.5, dtype=np.float32)
    best = np.full((NEAREST, count), np.inf, dtype=np.float32)
    which = np.zeros((NEAREST, count), dtype=np.intp)
    for number in range(len(sample)):
        found = city_block(catalogue.terms, sample.values[:, number], int(sample.undefined[number]))
        place = best.argmax(axis=0)
        nearer = np.flatnonzero(found < best[place, np.arange(count)])
        best[place[nearer], nearer], which[place[nearer], nearer] = found[nearer], number
        on_progress()
    weights = 1.0 / np.maximum(best, 1e-3) ** 2  # a sampled track is at distance 0 from itself
    placed = (landmarks[which] * weights[..., None]).sum(axis=0) / weights.sum(axis=0)[:, None]
    low, span = placed.min(axis=0), np.maximum(np.ptp(placed, axis=0), 1e-9)
    return np.asarray(((placed - low) / span).T, dtype=np.float32)


def tsne(distances: Matrix, on_progress: Callable[[], None] = lambda: None) -> Matrix:
    """Embed points in the plane by t-distributed stochastic neighbour embedding (t-SNE).

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        Between all pairs of points.
    on_progress : callable, optional
        Called at every iteration.

    Returns
    -------
    ndarray, shape (n, 2)
        Always the same for the same distances: the start is the classical scaling of the distances.

    References
    ----------
    L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 9, 2008.
    D. Kobak, P. Berens, "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.arange(30.0)
    >>> tsne(abs(line[:, None] - line)).shape
    (30, 2)
    """
    count = len(distances)
    if count < 3:
        return np.column_stack([np.arange(count, dtype=np.float64), np.zeros(count)])
    wanted = _affinities(distances, min(PERPLEXITY, (count - 1) / 3)).astype(np.float32)
    points = classical_scaling(distances)
    points *= 1e-4 / max(float(points[:, 0].std()), 1e-12)
    velocity, gains = np.zeros_like(points), np.ones_like(points)
    rate = max(50.0, count / EXAGGERATION)
    for iteration in range(ITERATIONS):
        early = iteration < EXAGGERATED
        gradient = _gradient(points, wanted, EXAGGERATION if early else 1.0)
        gains = np.maximum(np.where(gradient * velocity < 0, gains + 0.2, gains * 0.8), 0.01)
        velocity = (0.5 if early else 0.8) * velocity - rate * gains * gradient
        points = points + velocity
        on_progress()
    return np.asarray(points - points.mean(axis=0))


def classical_scaling(distances: Matrix) -> Matrix:
    """Return the two principal coordinates of a matrix of distances, shape (n, 2), with signs that are always the same.

    Parameters
    ----------
    distances : ndarray, shape (n, n)

    References
    ----------
    W. S. Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17(4), 1952.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.array([0.0, 1.0, 5.0])
    >>> classical_scaling(abs(line[:, None] - line))[:, 0].round(6).tolist()
    [-2.0, -1.0, 3.0]
    """
    squares = distances**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    axes = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))
    return np.asarray(axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0))


def share_kept(distances: Matrix, points: Matrix) -> float:
    """Return the share of each point's ten nearest that are among its ten nearest in the plane.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
    points : ndarray, shape (n, 2)

    Examples
    --------
    >>> import numpy as np
    >>> line = np.arange(30.0)
    >>> share_kept(abs(line[:, None] - line), np.column_stack([line, 0 * line]))
    1.0
    """
    if len(points) < KEPT + 2:
        return 1.0
    flat = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    true, shown = (_nearest(one) for one in (distances, flat))
    return float((true & shown).sum(axis=1).mean() / KEPT)


def _nearest(distances: Matrix) -> NDArray[np.bool_]:
    """Return which points are among the ten nearest of each."""
    others = distances + np.diag(np.full(len(distances), np.inf))
    order = np.argsort(others, axis=1, kind="stable")[:, :KEPT]
    mask = np.zeros(distances.shape, dtype=bool)
    np.put_along_axis(mask, order, values=True, axis=1)
    return mask


def _affinities(distances: Matrix, perplexity: float) -> Matrix:
    """Return the symmetric probabilities of pairs, whose conditional entropies are the logarithm of the perplexity."""
    count = len(distances)
    squares = distances**2 + np.diag(np.full(count, np.inf))
    squares /= np.median(squares[np.isfinite(squares)]) or 1.0
    low, high = np.full((count, 1), 1e-6), np.full((count, 1), 1e6)
    for _ in range(_HALVINGS):
        precision = np.sqrt(low * high)
        weights = np.exp(-precision * (squares - squares.min(axis=1, keepdims=True)))
        shares = weights / weights.sum(axis=1, keepdims=True)
        entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1, keepdims=True)
        flat = entropy > np.log(perplexity)
        low, high = np.where(flat, precision, low), np.where(flat, high, precision)
    both = (shares + shares.T) / (2 * count)
    return np.asarray(np.maximum(both, 1e-12))


def _gradient(points: Matrix, wanted: FloatArray, exaggeration: float) -> Matrix:
    """Return the gradient of the Kullback-Leibler divergence."""
    plane = points.astype(np.float32)
    squares = (plane**2).sum(axis=1)
    kernel = plane @ plane.T
    kernel *= -2.0
    kernel += squares[:, None] + (squares[None] + np.float32(1.0))
    np.reciprocal(kernel, out=kernel)
    np.fill_diagonal(kernel, 0.0)
    force = np.float32(exaggeration) * wanted
    force -= kernel / kernel.sum()
    force *= kernel
    return np.asarray(4.0 * (force.sum(axis=1)[:, None] * plane - force @ plane), dtype=np.float64)
