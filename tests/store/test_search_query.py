"""The language of searches."""

import pytest

from auralis_fp import schema
from auralis_fp.errors import RequestError
from auralis_fp.store.search_query import NUMBERS, Range, Word, parse_search


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  ", ()),
        ("Björk", (Word("bjork"),)),
        ("two words", (Word("two"), Word("words"))),
        ('"two words" three', (Word("two words"), Word("three"))),
        ('artist:"Sigur Rós"', (Word("sigur ros", "artist"),)),
        ("ARTIST:ann album:b", (Word("ann", "artist"), Word("b", "album"))),
        ("artist:", ()),
        ("year:", ()),
        ('"never closed', (Word("never closed"),)),
        ("AC/DC", (Word("ac/dc"),)),
        ("foo:bar", (Word("foo:bar"),)),
        ("50% _x_ \\", (Word("50%"), Word("_x_"), Word("\\"))),
        ("a a a", (Word("a"),)),
        ("x\0y", (Word("x"), Word("y"))),
    ],
)
def test_words(text: str, words: tuple[Word, ...]) -> None:
    """Words, phrases and fields; what is no field is text."""
    assert parse_search(text).words == words
    assert parse_search(text).ranges == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year:1990..1999", Range("tg.year", 1990, 1999)),
        ("year:1999", Range("tg.year", 1999, 1999)),
        ("year:1999..", Range("tg.year", 1999, None)),
        ("tempo:..120.5", Range("p.tempo_bpm", None, 120.5)),
        ("tempo_bpm:120", Range("p.tempo_bpm", 119.5, 120.5)),
        ("lufs:-14.2", Range("p.lufs", -14.25, -14.15)),
        ("bass:1..2", Range("p.bass_pct", 1, 2)),
    ],
)
def test_ranges(text: str, expected: Range) -> None:
    """Both ends, one end, or about a value."""
    (found,) = parse_search(text).ranges
    assert (found.expression, found.low, found.high) == pytest.approx(
        (expected.expression, expected.low, expected.high)
    )


def test_every_dimension_can_be_searched() -> None:
    """All dimensions are known by their names."""
    assert {NUMBERS[name] for name in schema.NAMES} == {f"p.{name}" for name in schema.NAMES}


@pytest.mark.parametrize("text", ["year:abc", "tempo:1..x", "tempo:--1", "year:1...2", " ".join("abcdefghijklmnopq")])
def test_bad_searches(text: str) -> None:
    """A number that is none, and more words than anybody types, are refused in a sentence."""
    with pytest.raises(RequestError) as refused:
        parse_search(text)
    assert (refused.value.status, refused.value.detail) == (400, {"field": "q"})
