"""What one of the others says."""

from typing import NamedTuple


class Comparison(NamedTuple):
    """One number of a track, as we have it and as the other has it; ``relative``: differences count in percent."""

    dimension: str
    against: str
    ours: float
    theirs: float
    relative: bool = False
