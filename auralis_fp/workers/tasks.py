"""Functions that run in a worker process. Numeric libraries are imported inside them, in the worker only."""

import os
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from ..errors import FileError
from ..models import Analysed, ComputedParts, Rejected
from ..runtime.kernels import VARIABLE, kernels_in_use
from ..schema.parts import ALL, PartKind
from ..tags.model import CoverImage, TagReading
from .messages import LONGEST_SEC, PCM_SEC, PcmAudio

T = TypeVar("T")
Report = Callable[[float, float], None]
"""Receives the seconds decoded so far and the declared duration (0 if unknown)."""

REPORT_EVERY_SEC: Final = 0.05
INTERRUPTED: Final = "interrupted"
_MAX_REASON: Final = 4000  # characters


def _nobody(_decoded_sec: float, _duration_sec: float) -> None:
    """Ignore the progress."""


def warm_up(kernels: str) -> str:
    """Import and exercise the analysis; return the name of the kernels it computes with.

    Parameters
    ----------
    kernels : str
        The setting of this name.
    """
    os.environ[VARIABLE] = kernels
    from ..analysis.startup import without_unused_modules  # numpy stays out of the web process

    with without_unused_modules():
        from ..analysis.analyze_file import warm_up_analysis  # it imports SciPy

    warm_up_analysis()
    return kernels_in_use()


def analyse_file(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,  # noqa: ARG001 - all tasks take the same
    report: Report = _nobody,
    parts: Collection[PartKind] | None = ALL,
) -> Analysed | Rejected:
    """Fingerprint one file. A file that cannot be analysed is a result, not an exception.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which is closed.
    bounds : sequence of bytes
        Resolved folders, one of which must contain a file opened by its path; empty for no restriction.
    pictures : sequence of int, optional
        Not used.
    report : callable, optional
        Receives the progress.
    parts : collection of PartKind or None
        See ``fingerprint_file``.

    Returns
    -------
    Analysed or Rejected
        An unexpected exception is ``Rejected`` at stage ``internal`` with the traceback as its reason.
    """
    from ..analysis.analyze_file import fingerprint_file  # numpy stays out of the web process

    return _outcome(lambda: fingerprint_file(file, bounds, _Throttled(report), parts))


def compute_parts(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,  # noqa: ARG001 - all tasks take the same
    report: Report = _nobody,
    parts: Collection[PartKind] = ALL,
) -> ComputedParts | Rejected:
    """Compute the parts of one file whose fingerprint is known.

    Parameters
    ----------
    file, bounds, pictures, report, parts
        As in ``analyse_file``.
    """
    from ..analysis.analyze_file import compute_file_parts  # numpy stays out of the web process

    return _outcome(lambda: compute_file_parts(file, bounds, _Throttled(report), parts))


def read_tags(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,
    report: Report = _nobody,  # noqa: ARG001 - all tasks take the same
) -> TagReading | Rejected:
    """Read the tags of one file, and find its cover.

    Parameters
    ----------
    file, bounds, report
        As in ``analyse_file``.
    pictures : sequence of int, optional
        Descriptors of the picture files in its folder, which are closed; None to look for them beside the path.
    """
    from ..tags.reader import read_file_tags  # the readers stay out of the web process

    return _outcome(lambda: read_file_tags(file, bounds, pictures))


def make_cover(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,
    report: Report = _nobody,  # noqa: ARG001 - all tasks take the same
) -> CoverImage | Rejected:
    """Make the thumbnail of a file's cover.

    Parameters
    ----------
    file, bounds, pictures, report
        As in ``read_tags``.
    """
    from ..tags.reader import read_cover  # the decoders stay out of the web process

    return _outcome(lambda: read_cover(file, bounds, pictures))


def decode_pcm(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    pictures: Sequence[int] | None = None,  # noqa: ARG001 - all tasks take the same
    report: Report = _nobody,
) -> PcmAudio | Rejected:
    """Decode one file, and return its beginning as mono PCM.

    Parameters
    ----------
    file, bounds, pictures, report
        As in ``analyse_file``.
    """
    from ..analysis.pcm import decode_mono_pcm  # numpy stays out of the web process

    return _outcome(lambda: PcmAudio(*decode_mono_pcm(file, bounds, _Throttled(report), PCM_SEC)))


WITH_PICTURES: Final = frozenset({read_tags.__name__, make_cover.__name__})
"""Tasks that need the picture files of the folder."""


class InterruptedAnalysisError(FileError):
    """The service needs the worker for a request."""

    stage = "worker"

    def __init__(self) -> None:
        super().__init__(INTERRUPTED, "The analysis was interrupted for a request.")


class _Throttled:
    """Pass the progress on, at most once every ``REPORT_EVERY_SEC``."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._reported_at = time.monotonic()

    def __call__(self, decoded_sec: float, duration_sec: float) -> None:
        now = time.monotonic()
        if not decoded_sec or now - self._reported_at >= REPORT_EVERY_SEC:
            self._reported_at = now
            self._report(min(decoded_sec, LONGEST_SEC), min(max(0.0, duration_sec), LONGEST_SEC))


def _outcome(task: Callable[[], T]) -> T | Rejected:
    """Return the result of a task; an exception becomes a ``Rejected``."""
    try:
        return task()
    except FileError as error:
        return Rejected(error.stage, error.code, _sendable(str(error)))
    except MemoryError:
        return Rejected("worker", "out_of_memory", "Analysis needed more memory than one process may have.")
    except Exception as error:  # noqa: BLE001 - becomes a stored, visible failure
        return Rejected("internal", type(error).__name__, _sendable(traceback.format_exc(limit=-4)))


def _sendable(text: str) -> str:
    """Return text without unpaired surrogates, which names of files may hold, and of limited length."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:_MAX_REASON]
