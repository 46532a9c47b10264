"""Times that are stored for later, also by a clock that was wrong."""

from typing import Final

SKEW_SEC: Final = 60.0  # between the clocks of a file server and of this machine


def reached(column: str) -> str:
    """Return the SQL condition that a stored time has come; its parameters are ``limits``."""
    return f"({column} <= ? OR {column} > ?)"


def limits(now: float, longest_sec: float) -> tuple[float, float]:
    """Return the parameters of ``reached``.

    Parameters
    ----------
    now : float
        Unix time.
    longest_sec : float
        The longest pause that is stored. A time that is farther ahead was set by a wrong clock, and has come.
    """
    return now, now + longest_sec + SKEW_SEC
