"""``analyze``: fingerprints of files, folders and lists of files."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..models import Analysed, Rejected
from ..settings import Settings
from ..workers.local import local_pool
from ..workers.protocol import Slot
from .in_order import Names, in_order
from .inputs import STANDARD_INPUT, expand
from .report import Details, JsonLines, Report, Rows

Format = Literal["json", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What to analyse: files and folders, lists of them, and whether names in lists end with NUL."""

    names: Sequence[str]
    lists: Sequence[str] = ()
    null: bool = False

    @property
    def streamed(self) -> bool:
        """Names arrive on standard input, so their number is not known."""
        return STANDARD_INPUT in (*self.names, *self.lists)


async def analyze(inputs: Inputs, settings: Settings, output: Format | None = None) -> int:
    """Print the results of files in their order; nothing is stored.

    Parameters
    ----------
    inputs : Inputs
    settings : Settings
    output : str, optional
        ``json`` or ``table``. Default: a table on a terminal, else JSON lines.

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed.

    Raises
    ------
    InputError
        A list or a folder cannot be read.
    """
    names = expand(inputs.names, inputs.lists, settings, null=inputs.null)
    known = None if inputs.streamed else await asyncio.to_thread(list, names)
    on_terminal = sys.stdout.isatty()
    as_table = output == "table" or (output is None and on_terminal)
    report: Report = JsonLines() if not as_table else Details() if known is not None and len(known) == 1 else Rows()
    found = Names(names if known is None else iter(known), None if known is None else len(known), bar=not on_terminal)
    async with local_pool(settings, plain=True) as pool:  # only fingerprints are printed
        try:
            return 1 if await in_order(found, pool, _fingerprint, report.add) else 0
        except ExceptionGroup as group:  # outcomes of tasks are values: only input and output raise
            raise group.exceptions[0] from group


async def _fingerprint(slot: Slot, path: bytes) -> Analysed | Rejected:
    return await slot.run(path)
