"""Logging of the whole package, under one logger, `auralis_fp`: text that cannot play tricks, fields for programs.

Messages are for people; what they are made of is on the record too (``record.path``, ``record.code``, ...), for
handlers that write JSON. While a request is being answered its id is on every record as ``record.request_id``.
"""

import logging
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

#: The id of the request that is being answered.
REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("auralis_fp.request_id", default=None)


class _Log(logging.LoggerAdapter[logging.Logger]):
    """Adds the id of the request to each record, beside its own fields."""

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
    """Return text for a log or a table: what could end its line, or play with a terminal, is escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
