"""Programs inside a host that PyInstaller or a similar tool has frozen into one executable. Not on Windows.

The executable is no interpreter: started with ``-c`` it runs the host again. It understands one other command, that of
``multiprocessing``'s spawn method, if the host calls ``multiprocessing.freeze_support()`` first, as it must anyway.
"""

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Final

_SPAWN: Final = "--multiprocessing-fork"
_NO_PREPARATION: Final[dict[str, object]] = {}


class _Program:
    """Takes the place of the process object that the spawn method hands over."""

    def __init__(self, module: str) -> None:
        self._module = module

    def _bootstrap(self, parent_sentinel: int) -> int:
        os.close(parent_sentinel)
        import_module(self._module).main()
        return 0


def frozen_command(module: str) -> list[str] | None:
    """Return the command that runs ``main`` of a module; None unless the host is frozen."""
    if sys.platform == "win32" or not getattr(sys, "frozen", False):
        return None
    return [sys.executable, _SPAWN, module]


@contextmanager
def handed_over(command: Sequence[str]) -> Iterator[tuple[list[str], list[int]]]:
    """Yield the arguments to start a command with, and the descriptors that the process inherits."""
    if tuple(command[1:2]) != (_SPAWN,):
        yield [*command], []
        return
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as file:  # less than a pipe holds
            pickle.dump(_NO_PREPARATION, file)
            pickle.dump(_Program(command[2]), file)
        yield [*command[:2], f"pipe_handle={reader}"], [reader]
    finally:
        os.close(reader)
