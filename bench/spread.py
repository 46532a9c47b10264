"""How much of their range the dimensions use on music, what is typical, and how the dimensions correlate."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auralis_fp import schema

from . import page
from .invariance import SECONDS, Values, fingerprint
from .music import load, table
from .options import Options

_BOUND: Final = 0.005  # of the range
_CLOSEST: Final = 8
_HEAD: Final = (
    "dimension",
    "5 %",
    "10 %",
    "median",
    "90 %",
    "95 %",
    "5 to 95 % of the range",
    "at a bound",
    "undefined",
)
_SHORTEST_SEC: Final = 15


def report(options: Options) -> str:
    """Return the tables of spread and correlation, and how many tracks are typical in every dimension."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = [each for each in pool.map(_measure, options.files) if each is not None]
    text = f"## Spread\n\n{spread(found)}\n{typical(found)}\n{correlations(found)}"
    if options.write:
        page.put("spread", text, options.header, page.ACCURACY)
    return text


def _measure(path: Path) -> Values | None:
    track = load(path)
    if track is None or len(track.samples) < _SHORTEST_SEC * track.rate or track.samples.shape[1] > 2:
        return None
    return fingerprint(track.samples[: SECONDS * track.rate], track.rate).values


def spread(found: Sequence[Values]) -> str:
    """Return the quantiles of the dimensions and how much of the range they span.

    Parameters
    ----------
    found : sequence of dict
        The defined values of each track.
    """
    rows = [_row(each, _column(found, each.name), len(found)) for each in schema.DIMENSIONS]
    return (
        f"{table(_HEAD, rows)}\nThe first {SECONDS} s of {len(found)} tracks. A value is at a bound if it is within"
        " half a percent of the range of it.\n"
    )


def _row(dimension: schema.Dimension, values: NDArray[np.float64], tracks: int) -> tuple[str, ...]:
    low, tenth, middle, ninth, high = np.percentile(values, (5, 10, 50, 90, 95))
    width = dimension.high - dimension.low
    bound = np.mean(np.minimum(values - dimension.low, dimension.high - values) <= _BOUND * width)
    shares = ((high - low) / width, bound, 1 - len(values) / tracks)
    quantiles = (f"{value:.3g}" for value in (low, tenth, middle, ninth, high))
    return f"`{dimension.name}`", *quantiles, *(f"{100 * share:.0f} %" for share in shares)


def typical(found: Sequence[Values]) -> str:
    """Return how many tracks have typical values only, and how many in half of the dimensions."""
    outside = [sum(not _is_typical(each, values) for each in schema.DIMENSIONS) for values in found]
    shares = {name: np.mean([_is_typical(schema.BY_NAME[name], values) for values in found]) for name in schema.NAMES}
    least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    return (
        f"{outside.count(0)} of the {len(found)} tracks are typical in every dimension; the median track is untypical"
        f" in\n{np.median(outside):.0f} of {len(schema.NAMES)}. Between {100 * shares[least]:.0f} % (`{least}`) and"
        f" {100 * shares[most]:.0f} % (`{most}`) of the values are typical.\n"
    )


def _is_typical(dimension: schema.Dimension, values: Values) -> bool:
    low, high = dimension.typical
    return low <= values.get(dimension.name, low) <= high


def correlations(found: Sequence[Values]) -> str:
    """Return the closest pairs of dimensions and the matrix of correlations."""
    pairs = dict(_correlations(found))
    closest = sorted(pairs, key=lambda pair: -abs(pairs[pair]))[:_CLOSEST]
    rows = [(f"`{first}`", f"`{second}`", f"{pairs[first, second]:.3f}") for first, second in closest]
    text = "The closest pairs of dimensions:\n\n" + table(("dimension", "dimension", "correlation"), rows)
    matrix = [(f"{index} `{name}`", *_cells(pairs, name)) for index, name in enumerate(schema.NAMES, 1)]
    head = ("dimension", *map(str, range(1, len(schema.NAMES))))
    return text + "\nAll correlations in hundredths; the columns are numbered as the rows:\n\n" + table(head, matrix)


def _cells(pairs: Mapping[tuple[str, str], float], name: str) -> Iterator[str]:
    """Yield the correlations of a dimension with those before it, then empty cells."""
    here = schema.NAMES.index(name)
    for other in schema.NAMES[:here]:
        yield f"{100 * pairs[other, name]:.0f}" if (other, name) in pairs else "–"
    yield from [""] * (len(schema.NAMES) - 1 - here)


def _correlations(found: Sequence[Values]) -> Iterator[tuple[tuple[str, str], float]]:
    for first, second in combinations(schema.NAMES, 2):
        both = np.array([(each[first], each[second]) for each in found if first in each and second in each])
        if len(both) > 2 and (both.std(axis=0) > 0).all():
            yield (first, second), float(np.corrcoef(both.T)[0, 1])


def _column(found: Sequence[Values], name: str) -> NDArray[np.float64]:
    return np.array([values[name] for values in found if name in values])
