"""``analyze``: fingerprints of files, folders and lists of files."""

import sys
from typing import Literal

from ..models import Analysed, Rejected
from ..settings import Settings
from ..workers.protocol import Slot
from .in_order import Names, in_order
from .inputs import Inputs
from .report import Details, JsonLines, Report, Rows

Format = Literal["json", "table"]


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
    on_terminal = sys.stdout.isatty()
    names = await Names.of(inputs, settings, bar=not on_terminal)
    as_table = output == "table" or (output is None and on_terminal)
    report: Report = JsonLines() if not as_table else Details() if names.total == 1 else Rows()
    return 1 if await in_order(names, settings, _fingerprint, report.add) else 0


async def _fingerprint(slot: Slot, path: bytes) -> Analysed | Rejected:
    return await slot.run(path)
