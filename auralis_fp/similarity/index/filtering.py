"""Which tracks may appear in an answer, as a mask over the rows."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from ... import schema
from ..protocol import Filters
from .catalogue import Catalogue
from .spoken import spoken
from .transforms import NAMES

Interval = tuple[float | None, float | None]
Step = tuple[str, NDArray[np.bool_]]


def allowed(
    catalogue: Catalogue,
    filters: Filters,
    seeds: Sequence[int],
    wished: Collection[str],
    copies: NDArray[np.intp],
) -> tuple[NDArray[np.bool_], str]:
    """Return the rows that pass all filters.

    Parameters
    ----------
    catalogue : Catalogue
    filters : Filters
    seeds : sequence of int
        Rows of the seeds.
    wished : collection of str
        Dimensions of which a value is wished; a track that does not define one of them cannot be compared.
    copies : ndarray
        Rows of the seeds and their copies, which never pass.

    Returns
    -------
    mask : ndarray, shape (n_tracks,)
    reason : str
        Why nothing passes; empty if something does.
    """
    mask = np.ones(len(catalogue), dtype=bool)
    if not len(catalogue):
        return mask, "The library has no analysed track yet."
    mask[copies] = False
    if not mask.any():
        return mask, "The library has no other recording."
    for name in wished:
        mask &= _defined(catalogue, name)
    if not mask.any():
        return mask, "No track defines all of the wished values."
    for sentence, step in _steps(catalogue, filters, seeds):
        mask &= step
        if not mask.any():
            return mask, sentence
    return mask, ""


def contradiction(filters: Filters) -> str:
    """Return which interval contains no value; empty if all do."""
    for name, (low, high) in {**filters.ranges, "duration": filters.duration, "years": filters.years}.items():
        if low is not None and high is not None and low > high:
            return f"No track fits: the range of {name} ends below its beginning."
    return ""


def _steps(catalogue: Catalogue, filters: Filters, seeds: Sequence[int]) -> list[Step]:
    """Return the rows that each filter lets pass, with the sentence for the case that none does."""
    steps = list[Step]()
    if filters.folders is not None:
        inside = np.isin(catalogue.column("id"), catalogue.reader.ids_below(filters.folders))
        steps.append(("No other track lies below the given folders.", inside))
    for name, interval in filters.ranges.items():
        sentence = f"No track fits the range of {schema.BY_NAME[name].title.lower()} and the filters before it."
        steps.append(
            (sentence, _defined(catalogue, name) & _inside(catalogue.column("raw")[NAMES.index(name)], interval))
        )
    if filters.duration != (None, None):
        fits = _inside(catalogue.column("duration"), filters.duration)
        steps.append(("No track fits the range of duration and the filters before it.", fits))
    if filters.exclude:
        others = ~np.isin(catalogue.column("id"), filters.exclude)
        steps.append(("Every track that fits is excluded by its id.", others))
    if filters.by_tags:
        ids = catalogue.reader.ids_tagged(filters.artists, filters.albums, filters.genres, filters.years)
        fits = np.isin(catalogue.column("id"), ids)
        steps.append(("No track has the wished tags and passes the filters before them.", fits))
    if filters.exclude_spoken:
        steps.append(("Every track that fits is spoken word.", ~spoken(catalogue)))
    return steps + (_unlike_seeds(catalogue, filters, seeds) if len(seeds) else [])


def _unlike_seeds(catalogue: Catalogue, filters: Filters, seeds: Sequence[int]) -> list[Step]:
    """Return the filters that leave out what the seeds have."""
    steps, ids, folders = list[Step](), catalogue.column("id"), catalogue.column("folder")
    seed_ids = ids[list(seeds)].tolist()
    if filters.exclude_folders:
        steps.append(("Every track that fits lies in the folder of a seed.", ~np.isin(folders, folders[list(seeds)])))
    if filters.exclude_albums:
        others = ~np.isin(ids, catalogue.reader.ids_sharing("album", seed_ids))
        others[list(seeds)] = False  # their tags may not have been read yet
        steps.append(("Every track that fits is on the album of a seed.", others))
    if filters.exclude_artists:
        others = ~np.isin(ids, catalogue.reader.ids_sharing("artist", seed_ids))
        steps.append(("Every track that fits is by the artist of a seed.", others))
    return steps


def _defined(catalogue: Catalogue, name: str) -> NDArray[np.bool_]:
    """Return the rows that define a dimension."""
    undefined: NDArray[np.uint64] = catalogue.column("undefined")
    return np.asarray(undefined >> np.uint64(NAMES.index(name)) & np.uint64(1) == 0)


def _inside(values: NDArray[np.floating], interval: Interval) -> NDArray[np.bool_]:
    low, high = interval
    mask = np.ones(len(values), dtype=bool)
    if low is not None:
        mask &= values >= np.float32(low)
    if high is not None:
        mask &= values <= np.float32(high)
    return mask
