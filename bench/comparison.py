"""The comparison of one value with another implementation."""

from typing import NamedTuple


class Comparison(NamedTuple):
    """One value of a track by us and by another implementation; ``relative``: differences in percent."""

    dimension: str
    against: str
    ours: float
    theirs: float
    relative: bool = False
