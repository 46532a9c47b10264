"""Radios and orders of made libraries: how alike neighbours are in each dimension, and which tracks come too often."""

import asyncio
import itertools
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.schema.parts import SUB_FINGERPRINTS
from auralis_fp.similarity.index.catalogue import Catalogue
from auralis_fp.similarity.index.path import flow
from auralis_fp.similarity.index.playlist import playlist
from auralis_fp.similarity.index.transforms import NAMES
from auralis_fp.similarity.protocol import FlowQuery, PlaylistQuery, Selection
from auralis_fp.store.database import open_database
from auralis_fp.store.due_parts import DueParts
from auralis_fp.store.files import Library

from .music import table
from .similarity_sets import Song

LENGTH: Final = 15
HEAD: Final = ("dimension", "radio / shuffled library", "ordered / shuffled list")


def report(songs: Sequence[Song], seed: int) -> str:
    """Return tables of radios from every track.

    Parameters
    ----------
    songs : sequence of Song
    seed : int
        Of the shuffles.
    """
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "fingerprints.sqlite3")
        ids = asyncio.run(_fill(database, songs))
        with closing(Catalogue(database, Path(folder, "similarity.index"))) as catalogue:
            catalogue.refresh()
            radios = [_radio(catalogue, one) for one in ids]
            ordered = [[one.file_id for one in flow(catalogue, FlowQuery(tracks=radio)).items] for radio in radios]
            return _most_frequent(radios, len(songs)) + _coherence(catalogue, radios, ordered, seed)


async def _fill(database: Path, songs: Sequence[Song]) -> list[int]:
    """Store the results in a new database, each album a folder; return the ids."""
    ids = []
    async with open_database(database) as opened:
        await DueParts(opened, (SUB_FINGERPRINTS,)).prepare()
        library = Library(opened)
        for number, song in enumerate(songs):
            path, stamp = f"/music/{song.album}/{number:04}{song.path.suffix}".encode(), FileStamp(number + 1, 1, 1, 1)
            await library.observe([FileEvent(path, stamp)])
            record = await library.by_path(path)
            assert record is not None
            await library.record(record.id, song.result, stamp, claim=None, source="analysis")
            ids.append(record.id)
    return ids


def _radio(catalogue: Catalogue, file_id: int) -> list[int]:
    query = PlaylistQuery(selection=Selection(like=[file_id]), tracks=LENGTH)
    return [one.file_id for one in playlist(catalogue, query).items]


def _most_frequent(radios: Sequence[Sequence[int]], count: int) -> str:
    numbers = np.bincount([one for radio in radios for one in radio])
    share = 100 * numbers.max() / len(radios)
    repeats = np.mean([len(radio) - len(set(radio)) for radio in radios])
    return (
        f"Radios of {LENGTH} from each of {count} tracks: no track is in more than {share:.0f} % of them; a random"
        f" choice has each in {100 * LENGTH / count:.0f} %. Repeats: {repeats:.0f}.\n\n"
    )


def _coherence(
    catalogue: Catalogue, radios: Sequence[Sequence[int]], ordered: Sequence[Sequence[int]], seed: int
) -> str:
    """Return the mean step of each dimension, in relation to shuffles."""
    rng = np.random.default_rng(seed)
    everything = catalogue.column("id")
    library = [rng.permutation(everything)[:LENGTH].tolist() for _ in radios]
    shuffled = [rng.permutation(radio).tolist() for radio in ordered]
    near, far = _steps(catalogue, radios), _steps(catalogue, library)
    smooth, rough = _steps(catalogue, ordered), _steps(catalogue, shuffled)
    rows = [(name, float(near[i] / far[i]), float(smooth[i] / rough[i])) for i, name in enumerate(NAMES)]
    rows.append(("mean", float((near / far).mean()), float((smooth / rough).mean())))
    return f"### Steps within lists of {LENGTH}\n\n" + table(HEAD, rows) + "\n"


def _steps(catalogue: Catalogue, lists: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Return the mean absolute step of each standardised dimension from track to track."""
    pairs = np.array([pair for one in lists for pair in itertools.pairwise(one)])
    terms = catalogue.column("terms")[: len(NAMES)]
    first, second = (terms[:, catalogue.rows_of(pairs[:, side])] for side in (0, 1))
    return np.asarray(np.abs(first - second).mean(axis=1), dtype=np.float64)
