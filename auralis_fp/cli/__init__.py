"""The command line."""

from collections.abc import Sequence

from ..runtime.standard_streams import open_standard_streams
from .signals import interruption


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``auralis-fp``.

    Returns
    -------
    int
        0 success, 1 failures, 2 usage error; 128 plus the signal number after a signal (130: Ctrl-C).
    """
    open_standard_streams()  # before anything else is opened
    interruption.install("auralis-fp")
    from .main import main as run  # after the signal handlers are installed

    return run(argv)


def main_web(argv: Sequence[str] | None = None) -> int:
    """Run ``launch-auralis-web.py``.

    Returns
    -------
    int
        As for ``main``.
    """
    open_standard_streams()
    interruption.install("launch-auralis-web.py")
    from .launch import main as run  # after the signal handlers are installed

    return run(argv)
