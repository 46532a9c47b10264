"""What the index process runs; everything numeric is imported there only."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from ..runtime.standard_streams import open_standard_descriptors
from ..workers.sandbox import ONE_THREAD, end_with_parent


def run(connection: Connection, database: Path, file: Path) -> None:
    """Answer queries over *connection* until it is closed.

    Parameters
    ----------
    connection : Connection
    database : Path
        Database to follow.
    file : Path
        Column file of the index.
    """
    open_standard_descriptors()
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    end_with_parent()
    from .index.server import serve  # numpy stays out of the web process

    serve(connection, database, file)
