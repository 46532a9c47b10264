"""What a file shows without a worker: its content id and stamp, and whether it can be refused at once."""

import logging
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..files.content_id import content_id
from ..files.rules import Rules
from ..files.scanner import stat_audio
from ..files.trivial import refusal
from ..models import FileStamp, Rejected

log = logging.getLogger(__name__)

FRESH_SEC: Final = 0.1  # for which an examination is valid; after a longer wait for a slot, it is repeated


class Examination(NamedTuple):
    """The content id of a file, None if unknown, its stamp after that, None if it is gone, and its bounds."""

    content: bytes | None
    stamp: FileStamp | None
    bounds: Sequence[bytes]
    made_at: float

    @property
    def is_fresh(self) -> bool:
        """True if the file was examined a moment ago."""
        return time.monotonic() - self.made_at < FRESH_SEC


def examine(path: bytes, rules: Rules) -> Examination:
    """Examine a file. Blocking.

    Parameters
    ----------
    path : bytes
    rules : Rules
    """
    content, stamp, bounds = None, None, rules.bounds(path)
    if stat_audio(path, rules) is not None:  # else gone, or a placeholder, which opening would download
        try:
            content = content_id(path, bounds)
        except Exception:  # the parser of a container failed: the file is analysed without deduplication
            log.exception("content id of %r", path)
        stamp = stat_audio(path, rules)
    return Examination(content, stamp, bounds, time.monotonic())


def examine_requested(path: bytes, rules: Rules) -> Examination | Rejected:
    """Examine a file, unless it can be refused without a decoder. Blocking.

    Parameters
    ----------
    path : bytes
    rules : Rules
    """
    error = refusal(path, rules.bounds(path))
    return examine(path, rules) if error is None else Rejected(error.stage, error.code, str(error))
