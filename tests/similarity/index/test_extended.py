"""The extended vector in the distance: counted where both tracks have it."""

from pathlib import Path

import numpy as np
import pytest

from auralis_fp.schema.parts import ALL, SUB_FINGERPRINTS
from auralis_fp.schema.timbre import COUNT
from auralis_fp.similarity.index.column_file import ATTACHMENT
from auralis_fp.similarity.index.distance import N_TERMS, N_TIMBRE, TIMBRE_WEIGHT, city_block, pairwise
from auralis_fp.similarity.index.generation import SAMPLE, freeze
from auralis_fp.similarity.index.generation_format import generation_to_bytes
from auralis_fp.similarity.index.path import matrix
from auralis_fp.similarity.index.similar import similar
from auralis_fp.similarity.protocol import Selection, SimilarQuery
from auralis_fp.store.due_parts import DueParts
from stored import library_in
from vectors import catalogue, filled, made_up, result

TRACKS = 30
WITHOUT = 5  # the last tracks have no timbre


async def library(folder: Path, *, wanted: bool = True) -> list[int]:
    """Store tracks of random timbre in a database that asks for it, and return their ids."""
    async with library_in(folder) as opened:
        await DueParts(opened.database, ALL if wanted else (SUB_FINGERPRINTS,)).prepare()
    timbres = np.random.default_rng(3).normal(5.0, 2.0, (TRACKS, COUNT)).tolist()
    outcomes = [
        result(values, timbre=timbres[i] if i < TRACKS - WITHOUT else None) for i, values in enumerate(made_up(TRACKS))
    ]
    return await filled(folder, outcomes)


async def test_it_counts_where_both_have_it(tmp_path: Path) -> None:
    """The distance is that of the definition; a track without timbre is compared by its fingerprint alone."""
    await library(tmp_path)
    with catalogue(tmp_path) as index:
        terms = index.terms
        assert len(terms.values) == N_TERMS + N_TIMBRE
        plain = matrix(type(terms)(terms.values[:N_TERMS], terms.undefined, terms.period))
        timbre = np.abs(terms.values[N_TERMS:, :, None] - terms.values[N_TERMS:, None, :]).sum(axis=0)
        both = (plain + TIMBRE_WEIGHT * timbre) * N_TERMS / (N_TERMS + TIMBRE_WEIGHT * N_TIMBRE)
        has = np.arange(TRACKS) < TRACKS - WITHOUT
        expected = np.where(has[:, None] & has[None, :], both, plain)
        assert matrix(terms) == pytest.approx(expected, rel=1e-4, abs=1e-4)
        rows = np.arange(TRACKS - 1)
        assert pairwise(terms.at(rows), terms.at(rows + 1)) == pytest.approx(np.diagonal(expected, 1), rel=1e-4)
        weighted = city_block(terms, terms.values[:, 0], int(terms.undefined[0]), np.ones(N_TERMS))
        assert weighted == pytest.approx(plain[0], rel=1e-4, abs=1e-4)


async def test_queries_answer_with_and_without_it(tmp_path: Path) -> None:
    """Only the order of a seed with timbre changes by it."""
    orders = []
    for name, wanted in (("with", True), ("without", False)):
        folder = tmp_path / name
        folder.mkdir()
        ids = await library(folder, wanted=wanted)
        with catalogue(folder) as index:
            selections = (Selection(like=[ids[0]]), Selection(like=[ids[-1]]), Selection(values={"lufs": -12.0}))
            for selection in selections:
                page = similar(index, SimilarQuery(selection=selection, limit=100))
                assert page.total >= TRACKS - 1
                assert all(np.isfinite(one.distance) for one in page.items)
                orders.append([one.file_id for one in page.items])
    assert orders[0] != orders[3]
    assert orders[1:3] == orders[4:6]


async def test_the_setting_rebuilds_the_index(tmp_path: Path) -> None:
    """An index file without the timbre does not serve a database that asks for it."""
    await library(tmp_path, wanted=False)
    with catalogue(tmp_path) as index:
        assert len(index.column("terms")) == N_TERMS
    async with library_in(tmp_path) as opened:
        await DueParts(opened.database, ALL).prepare()
    with catalogue(tmp_path) as index:
        assert len(index.column("terms")) == N_TERMS + N_TIMBRE


def test_the_statistics_of_a_large_library_fit_into_the_file() -> None:
    """Also with the timbre of all sampled tracks."""
    width, count = N_TERMS + N_TIMBRE, SAMPLE + 100
    values = np.random.default_rng(1).uniform(0.1, 0.9, (width, count)).astype(np.float32)
    generation = freeze(1, np.arange(count), values, np.zeros(count, dtype=np.uint64))
    assert len(generation_to_bytes(generation)) <= ATTACHMENT
