"""The record of one file, without a result that cannot be its own."""

from functools import partial
from typing import Any

from ..errors import CORRUPT, StorageError
from .confirmation import discard
from .database import Database
from .records import SELECT_FILES, SELECT_PATHS, FileRecord, damaged_record, file_record


async def one_record(database: Database, condition: str, value: Any) -> FileRecord | None:
    """Return the record of a file, or None if there is none.

    A damaged result is discarded and its file queued. Where damaged pages prevent that, the record says so.

    Parameters
    ----------
    database : Database
    condition : str
        SQL condition over ``files f`` that one file fulfils.
    value : object
        Its parameter.
    """
    try:
        while rows := await database.read(f"{SELECT_FILES} WHERE {condition}", (value,)):
            record = file_record(rows[0])
            if not record.damaged:
                return record
            await database.write(partial(discard, file_id=record.id))
    except StorageError as error:
        if error.code != CORRUPT:
            raise
        rows = await database.read(f"{SELECT_PATHS} WHERE {condition}", (value,))
        return damaged_record(rows[0]) if rows else None
    return None
