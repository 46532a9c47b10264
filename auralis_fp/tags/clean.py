"""Tag values of any origin as bounded, printable text, numbers and ids."""

import math
import re
import unicodedata
from typing import Final

MAX_TEXT: Final = 500  # characters
MAX_VALUES: Final = 8  # of one field that are joined
MAX_RAW: Final = 65_536  # characters looked at; a tag may hold a book
SEPARATOR: Final = "; "
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})")
_YEAR: Final = re.compile(r"(?<!\d)(\d{4})(?!\d)")


def text(value: str) -> str | None:
    """Return a tag value as one line of printable text of at most ``MAX_TEXT`` characters, or None if it is empty.

    White space is collapsed. Control characters, unpaired surrogates and the characters that override the direction of
    writing are removed; right-to-left text itself is kept.
    """
    kept = "".join(
        " " if char.isspace() or char == "\0" else char
        for char in value[:MAX_RAW]
        if char.isspace() or char == "\0" or _is_printable(char)
    )
    shown = unicodedata.normalize("NFC", " ".join(kept.split()))
    return shown[:MAX_TEXT].rstrip() or None


def _is_printable(char: str) -> bool:
    return char not in _BIDI_CONTROLS and unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"}


def joined(values: list[str]) -> str | None:
    """Return several values of one field as one text, without those that an earlier one contains."""
    kept: list[str] = []
    for value in values[:MAX_VALUES]:
        cleaned = text(value)
        if cleaned is not None and not any(cleaned.casefold() in earlier.casefold() for earlier in kept):
            kept.append(cleaned)
    return text(SEPARATOR.join(kept))


def is_damaged(value: str) -> bool:
    """Return True if characters of *value* were lost in decoding."""
    return "\N{REPLACEMENT CHARACTER}" in value


def number_pair(value: str) -> tuple[int | None, int | None]:
    """Return the number and the total of ``3``, ``03`` or ``3/12``; None where there is none between 1 and 65535."""
    first, _, second = value[:40].partition("/")
    return _count(first), _count(second)


def _count(value: str) -> int | None:
    digits = value.strip().rstrip("\0")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        return None
    return int(digits) if 1 <= int(digits) <= 65_535 else None


def year(value: str) -> int | None:
    """Return the year in a date of any usual form: the first four digits that stand together."""
    found = _YEAR.search(value[:100])
    return int(found[1]) if found is not None and int(found[1]) > 0 else None


def flag(value: str) -> bool | None:
    """Return the meaning of ``1``, ``true`` or ``yes``, and of their opposites."""
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(
        value.strip().casefold()[:10]
    )


def decimal(value: str, low: float, high: float) -> float | None:
    """Return the number at the start of ``-7.3 dB``; None outside *low* to *high*."""
    found = _NUMBER.match(value.strip().replace(",", "."))
    if found is None:
        return None
    number = float(found[0])
    return round(number, 6) if math.isfinite(number) and low <= number <= high else None


def uuids(values: list[str]) -> str | None:
    """Return the MusicBrainz ids in *values*, each once."""
    found = dict.fromkeys(one for value in values for one in _UUID.findall(value[:2000].lower()))
    return SEPARATOR.join(list(found)[:MAX_VALUES]) or None
