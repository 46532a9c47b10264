"""Batches in which a bad item costs only itself."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from ..errors import StorageError

T = TypeVar("T")

#: Codes of storage errors that may be caused by one item of a batch; all others concern the whole database.
ITEM_ERRORS = frozenset({"storage_failed"})


async def isolate(
    items: Sequence[T],
    work: Callable[[Sequence[T]], Awaitable[object]],
    item_errors: Collection[str] = ITEM_ERRORS,
) -> list[tuple[T, Exception]]:
    """Apply *work* to a batch. If it fails, split the batch until all items but the culprits went through.

    Parameters
    ----------
    items : sequence
    work : callable
        Awaited with a part of the items; must have no effect if it fails.
    item_errors : collection of str, optional
        Codes of storage errors that one item may cause.

    Returns
    -------
    list of (item, Exception)
        The culprits and why they failed.

    Raises
    ------
    StorageError
        The database cannot be used, for a reason that no item causes.
    """
    try:
        if items:
            await work(items)
    except Exception as error:
        if isinstance(error, StorageError) and error.code not in item_errors:
            raise
        if len(items) == 1:
            return [(items[0], error)]
        middle = len(items) // 2
        return await isolate(items[:middle], work, item_errors) + await isolate(items[middle:], work, item_errors)
    return []
