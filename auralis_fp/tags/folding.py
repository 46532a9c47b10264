"""Folding: the form of text in which search compares, without case, accents and ligatures."""

import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i",
        "ŋ": "n", "ĸ": "k", "ſ": "s", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ə": "e", "ʻ": "'", "ʼ": "'", "‘": "'", "’": "'",
        "´": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
    }
)  # fmt: skip
_MARKS: Final = ((0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x0655))  # Latin, Greek, Cyrillic; Hebrew; Arabic


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return *text* in lower case, without accents, with ligatures and variants of letters spelt out.

    Marks that make another letter or syllable in Japanese and Indian scripts are kept. Neither SQLite's ``unicode61``
    nor its ``trigram`` tokenizer folds æ, ø, ł or ß.

    Examples
    --------
    >>> fold("Sigur Rós – Ágætis byrjun")
    'sigur ros - agaetis byrjun'
    >>> fold("Weiße ŁÓDŹ"), fold("Ｍøｔörhead")
    ('weisse lodz', 'motorhead')
    """
    if text.isascii():
        return text.lower()
    spelt = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    bare = "".join(char for char in spelt if not any(low <= ord(char) <= high for low, high in _MARKS))
    return unicodedata.normalize("NFKC", bare.casefold()).translate(_LETTERS)
