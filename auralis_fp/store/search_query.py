"""The language of searches: words, phrases, fields and ranges.

=====================  ========================================================================================
``sigur byrjun``       both texts, anywhere in title, artist, album, genre or path; in any case, without accents
``"of the"``           the words in this order
``artist:björk``       in one field: ``title``, ``artist``, ``album``, ``genre`` or ``path``
``year:1990..1999``    a range of a number; either end may be missing
``tempo:120``          about this value: half a unit of its last digit to either side
=====================  ========================================================================================
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import Final

from .. import schema
from ..errors import RequestError
from ..tags.folding import fold
from ..tags.model import INTEGER_FIELDS
from .fingerprints import duration
from .search_index import COLUMNS

_TOKEN: Final = re.compile(r'(?:(\w+):)?(?:"([^"]*)"?|(\S+))')
_NUMBER: Final = re.compile(r"-?\d{1,12}(?:\.\d{0,9})?")
_MAX_WORDS: Final = 16
_TEXT_FIELDS: Final = {**{name: name for name in COLUMNS}, "albumartist": "artist", "file": "path"}
_UNITS: Final = ("_pct", "_bpm", "_db")


@dataclass(frozen=True, slots=True)
class Word:
    """Text to find, folded, in one column of the index or (None) in any; ``typed`` is the text before folding."""

    text: str
    column: str | None = None
    typed: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive bounds of an SQL expression over ``fingerprints p``, ``tags tg`` or ``files f``."""

    expression: str
    low: float | None
    high: float | None

    @property
    def dimension(self) -> str | None:
        """The dimension, if the number is one."""
        name = self.expression.removeprefix("p.")
        return name if name in schema.BY_NAME else None

    @property
    def table(self) -> str:
        """The alias of the table that has the number."""
        alias, _, _ = self.expression.partition(".")
        return alias if alias in {"tg", "f"} else "p"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search asks for: all words and all ranges."""

    words: tuple[Word, ...] = ()
    ranges: tuple[Range, ...] = ()


def _numbers() -> dict[str, str]:
    """Return the SQL expression of each number that can be searched: tags, properties and dimensions."""
    known = {name: f"tg.{name}" for name in sorted(INTEGER_FIELDS)}
    known |= {name: f"tg.replaygain_{name}" for name in ("track_gain", "album_gain", "track_peak", "album_peak")}
    known |= {"duration": duration("p"), "size": "f.size"}
    for name in schema.NAMES:
        for alias in {name, *(name.removesuffix(unit) for unit in _UNITS)}:
            known.setdefault(alias, f"p.{name}")
    return known


NUMBERS: Final = _numbers()


@lru_cache(maxsize=256)
def parse_search(text: str) -> Search:
    """Return what a search asks for.

    A word before a colon that is no field is searched as text, colon and all. A field without a value is ignored, since
    the person is still typing.

    Raises
    ------
    RequestError
        400: the value of a number is neither a number nor a range, or there are too many words.
    """
    words: list[Word] = []
    ranges: list[Range] = []
    for match in _TOKEN.finditer(text.replace("\0", " ")):
        name, phrase, plain = match.groups()
        value = plain if phrase is None else phrase
        key = (name or "").lower()
        if key in NUMBERS and phrase is None:
            ranges += _range(key, value)
        elif key in _TEXT_FIELDS:
            words += _word(value, _TEXT_FIELDS[key])
        elif not (match[0].endswith(":") and match[0][:-1].lower() in {*NUMBERS, *_TEXT_FIELDS}):
            words += _word(match[0] if name else value, None)
    if len(words) + len(ranges) > _MAX_WORDS:
        raise _bad(f"more than {_MAX_WORDS} words")
    return Search(tuple(dict.fromkeys(words)), tuple(ranges))


def _word(value: str, column: str | None) -> list[Word]:
    folded = " ".join(fold(value).split())
    return [Word(folded, column, value)] if folded else []


def _range(name: str, value: str) -> list[Range]:
    first, dots, last = value.partition("..")
    if not all(_NUMBER.fullmatch(end) for end in (first, last) if end) or not (first or dots):
        raise _bad(f"{name}:{value} is not a number or a range such as {name}:1..2")
    low, high = (float(end) if end else None for end in (first, last))
    if not dots and low is not None:
        low, high = (low, low) if _is_whole(name) else _about(first)
    if any(end is not None and not isfinite(end) for end in (low, high)):
        raise _bad(f"{name}:{value} is out of range")
    return [] if low is high is None else [Range(NUMBERS[name], low, high)]


def _is_whole(name: str) -> bool:
    return name in INTEGER_FIELDS or name == "size"


def _about(text: str) -> tuple[float, float]:
    """Return half a unit of the last digit to either side of a number."""
    step = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return float(text) - step, float(text) + step


def _bad(problem: str) -> RequestError:
    return RequestError(400, "bad_field", f"q: {problem}.", {"field": "q"})
