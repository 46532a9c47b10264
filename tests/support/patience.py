"""How long tests wait for a state."""

from typing import Final

LIMIT_SEC: Final = 300.0
"""A wait that takes longer hangs, on the slowest machine, too. What must be quick is asserted by other means."""
