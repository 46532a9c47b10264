"""The list of parts: what one decode of a file yields beside its fingerprint, each part with a version of its own."""

from typing import Final, NamedTuple

from . import sub_fingerprints, timbre


class PartKind(NamedTuple):
    """Name and present version of a part."""

    name: str
    version: int


SUB_FINGERPRINTS: Final = PartKind(sub_fingerprints.NAME, sub_fingerprints.VERSION)
TIMBRE: Final = PartKind(timbre.NAME, timbre.VERSION)
ALL: Final = (SUB_FINGERPRINTS, TIMBRE)
