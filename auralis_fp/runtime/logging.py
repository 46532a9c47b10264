"""Log records of the package, below the logger `auralis_fp`: escaped text and structured fields.

Messages are for people. Their parts are attributes of the record (``record.path``, ``record.code``, ...) for handlers
that write JSON. During a request its id is on every record as ``record.request_id``.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

_MOST_REMEMBERED: Final = 1000  # different messages
#: The id of the current request.
REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("auralis_fp.request_id", default=None)


class _Log(logging.LoggerAdapter[logging.Logger]):
    """Adds the request id to each record."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        extra = {**kwargs.get("extra", {}), "request_id": REQUEST_ID.get()}
        return msg, {**kwargs, "extra": extra}


def logger(name: str) -> logging.LoggerAdapter[logging.Logger]:
    """Return the logger of a module.

    Parameters
    ----------
    name : str
        ``__name__`` of the module.
    """
    return _Log(logging.getLogger(name), {})


class RepeatFilter(logging.Filter):
    """Let a record that is repeated through once in a period, with the number of those that were left out.

    Parameters
    ----------
    period_sec : float
    """

    def __init__(self, period_sec: float = 60.0) -> None:
        super().__init__()
        self._period_sec = period_sec
        self._seen: OrderedDict[tuple[object, ...], tuple[float, int]] = OrderedDict()  # shown at, left out since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if a record is shown."""
        kind = record.exc_info[0] if record.exc_info else None
        key, now = (record.name, record.levelno, record.getMessage(), kind), time.monotonic()
        shown_at, left_out = self._seen.get(key, (-self._period_sec, 0))
        if now - shown_at < self._period_sec:
            self._seen[key] = (shown_at, left_out + 1)
            return False
        self._seen[key] = (now, 0)
        self._seen.move_to_end(key)
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} times more in the last {now - shown_at:.0f} s)"
            record.args = ()
        return True


def printable(text: str) -> str:
    """Return text for a log or a table, with line breaks and terminal control characters escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
