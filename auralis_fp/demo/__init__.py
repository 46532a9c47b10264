"""A small library of synthesised music to try the program: ``python -m auralis_fp.demo DIR``."""

from .command import main
from .pieces import BROKEN, PIECES, Piece

__all__ = ["BROKEN", "PIECES", "Piece", "main"]
