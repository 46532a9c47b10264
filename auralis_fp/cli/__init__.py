"""The command line."""

from collections.abc import Sequence

from .signals import ending


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``auralis-fp``.

    Returns
    -------
    int
        0 all good, 1 something failed, 2 wrong use; 128 and the number of the signal that ended it (130: Ctrl-C).
    """
    ending.listen("auralis-fp")
    from .main import main as run  # noqa: PLC0415 - it may be ended from here on

    return run(argv)


def main_web(argv: Sequence[str] | None = None) -> int:
    """Run ``launch-auralis-web.py``.

    Returns
    -------
    int
        As ``main`` does.
    """
    ending.listen("launch-auralis-web.py")
    from .launch import main as run  # noqa: PLC0415 - it may be ended from here on

    return run(argv)
