"""What the index process runs; everything numeric is imported there only."""

from multiprocessing.connection import Connection
from pathlib import Path

from ..workers.sandbox import init_worker


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
    init_worker([0.0, 0.0], memory_limit_mb=0)
    from .index.server import serve  # numpy stays out of the web process

    serve(connection, database, file)
