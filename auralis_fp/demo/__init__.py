"""A small library of synthesised music to try the program on: ``python -m auralis_fp.demo DIR``.

Nothing numeric is imported before a piece has to be played.
"""

from .command import main
from .pieces import BROKEN, PIECES, Piece

__all__ = ["BROKEN", "PIECES", "Piece", "main"]
