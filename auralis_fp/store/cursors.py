"""Cursors: opaque texts that continue a sorted listing after a file."""

import base64
import binascii
import json
from math import isfinite
from typing import Any

from .database import Database
from .filters import JOINED, SORTS


def encode_cursor(sort: str, value: Any, file_id: int) -> str:
    """Return the cursor that continues a listing after a file.

    Parameters
    ----------
    sort : str
    value : object
        What the file is sorted by.
    file_id : int
    """
    # text may be too long for a URL: looked up by the file id
    spelt = None if isinstance(value, bytes | str) else value
    return base64.urlsafe_b64encode(json.dumps([sort, spelt, file_id]).encode("ascii")).decode("ascii")


async def decode_cursor(database: Database, cursor: str, sort: str) -> tuple[Any, int]:
    """Return the value and the file id that a listing continues after.

    Parameters
    ----------
    database : Database
    cursor : str
    sort : str

    Raises
    ------
    ValueError
        The cursor is invalid for this sort order.
    """
    try:
        parts = json.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    match parts:
        case [str() as sorted_by, int() | float() as value, int() as file_id] if sorted_by == sort and isfinite(value):
            return (_bounded(value) if isinstance(value, int) else value), _bounded(file_id)
        case [str() as sorted_by, None, int() as file_id] if sorted_by == sort:
            rows = await database.read(
                f"SELECT {SORTS[sort]} AS key FROM files f {JOINED} WHERE f.id = ?", (_bounded(file_id),)
            )
            for row in rows:
                return row["key"], file_id
    raise ValueError("after: not a cursor of this listing")


def _bounded(value: int) -> int:
    return max(-(2**63), min(2**63 - 1, value))
