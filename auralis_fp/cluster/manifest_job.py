"""One line of a manifest: a path in a mount, or an address that a machine fetches."""

import asyncio
import os
import re
from typing import Final

from ..errors import ScanError
from ..files.opening import unreadable
from ..models import Analysed, FileStamp, Rejected
from ..workers.tasks import INTERRUPTED
from .pool import ClusterPool
from .remote_slot import RemoteSlot

ADDRESS: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://")
PATIENCE: Final = 3.0  # factor of the time limit in the second attempt after a failure in a worker
UNKNOWN: Final = FileStamp(0, 0)
_AGAIN_SEC: Final = 0.2  # before a file that a machine lost is begun again


async def analyse(pool: ClusterPool, name: bytes) -> tuple[Analysed | Rejected, FileStamp]:
    """Return the outcome of one line, and the stamp of its file.

    A failure in a worker is confirmed by a second attempt alone on its machine, as in a service. A file is begun again
    as long as machines or connections are lost.

    Parameters
    ----------
    pool : ClusterPool
    name : bytes
        Absolute path, or an address such as ``s3://bucket/key`` or ``https://host/file``.
    """
    stamp = UNKNOWN
    if not ADDRESS.match(name):
        found = await asyncio.to_thread(_stamp, name)
        if isinstance(found, Rejected):
            return found, stamp
        stamp = found
    outcome = await _attempt(pool, name, stamp, alone=False)
    if isinstance(outcome, Rejected) and outcome.stage == "worker":
        outcome = await _attempt(pool, name, stamp, alone=True)
    return outcome, stamp


async def _attempt(pool: ClusterPool, name: bytes, stamp: FileStamp, *, alone: bool) -> Analysed | Rejected:
    while True:
        async with pool.lease(alone=alone) as slot:
            patience = PATIENCE if alone else 1.0
            if stamp is UNKNOWN and isinstance(slot, RemoteSlot):
                outcome = await slot.run_address(name, patience)
            else:
                outcome = await slot.run(name, patience, (), stamp)
        if not isinstance(outcome, Rejected) or outcome.code not in {INTERRUPTED, "unavailable"}:
            return outcome
        await asyncio.sleep(_AGAIN_SEC)


def _stamp(name: bytes) -> FileStamp | Rejected:
    if not os.path.isabs(name):
        return Rejected("scan", "missing", "The line is neither an absolute path nor an address.")
    try:
        return FileStamp.of(os.stat(name))
    except (FileNotFoundError, NotADirectoryError):
        return Rejected("scan", "missing", "The file does not exist.")
    except (OSError, ValueError) as error:
        refused: ScanError = unreadable(error)
        return Rejected(refused.stage, refused.code, str(refused))
