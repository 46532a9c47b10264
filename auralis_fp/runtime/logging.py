"""Log records of the package, below the logger `auralis_fp`: escaped text and structured fields.

Messages are for people. Their parts are attributes of the record (``record.path``, ``record.code``, ...) for handlers
that write JSON. During a request its id is on every record as ``record.request_id``.
"""

import logging
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

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


def printable(text: str) -> str:
    """Return text for a log or a table, with line breaks and terminal control characters escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
