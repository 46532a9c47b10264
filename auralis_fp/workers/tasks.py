"""Functions that run in a worker process. Numeric libraries are imported inside them, in the worker only."""

import os
import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import FileError
from ..models import Analysed, Rejected
from ..tags.model import CoverImage, TagReading
from . import sandbox

T = TypeVar("T")


def warm_up() -> int:
    """Import and exercise the analysis, lower the priority, and return the process id."""
    from ..analysis.analyze_file import warm_up_analysis  # numpy stays out of the web process

    warm_up_analysis()
    sandbox.lower_priority()
    return os.getpid()


def analyse_file(path: bytes, bounds: Sequence[bytes] = ()) -> Analysed | Rejected:
    """Fingerprint one file. A file that cannot be analysed is a result, not an exception.

    Parameters
    ----------
    path : bytes
        The file, as the operating system spells it.
    bounds : sequence of bytes
        Resolved folders, one of which must contain the file when it is opened; empty for no restriction.

    Returns
    -------
    Analysed or Rejected
        An unexpected exception is ``Rejected`` at stage ``internal`` with the traceback as its reason.
    """
    from ..analysis.analyze_file import fingerprint_file  # numpy stays out of the web process

    return _outcome(lambda: fingerprint_file(path, bounds, sandbox.progress))


def read_tags(path: bytes, bounds: Sequence[bytes] = ()) -> TagReading | Rejected:
    """Read the tags of one file, and find its cover.

    Parameters
    ----------
    path, bounds
        As in ``analyse_file``.
    """
    from ..tags.reader import read_file_tags  # the readers stay out of the web process

    sandbox.progress[0] = 0.0
    return _outcome(lambda: read_file_tags(path, bounds))


def make_cover(path: bytes, bounds: Sequence[bytes] = ()) -> CoverImage | Rejected:
    """Make the thumbnail of a file's cover.

    Parameters
    ----------
    path, bounds
        As in ``analyse_file``.
    """
    from ..tags.reader import read_cover  # the decoders stay out of the web process

    sandbox.progress[0] = 0.0
    return _outcome(lambda: read_cover(path, bounds))


def _outcome(task: Callable[[], T]) -> T | Rejected:
    """Return the result of a task; an exception becomes a ``Rejected``."""
    try:
        return task()
    except FileError as error:
        return Rejected(error.stage, error.code, str(error))
    except MemoryError:
        return Rejected("worker", "out_of_memory", "Analysis needed more memory than one process may have.")
    except Exception as error:  # noqa: BLE001 - becomes a stored, visible failure
        return Rejected("internal", type(error).__name__, traceback.format_exc(limit=-4))
