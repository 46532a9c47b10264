"""A spawn context whose processes do not import the host's main module.

``multiprocessing`` prepares a spawned process by running the parent's ``__main__`` again. In a host application that
would load the whole web application into every worker and run any code without a ``__main__`` guard.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, process, spawn
from typing import Any, Final

_MAIN_KEYS: Final = ("init_main_from_name", "init_main_from_path")
_preparing = threading.Lock()


@contextmanager
def _without_host_main() -> Iterator[None]:
    """Omit the host's main module from the preparation data of processes that this thread spawns."""
    complete, starter = spawn.get_preparation_data, threading.get_ident()

    def clean(name: str) -> dict[str, Any]:
        data = complete(name)
        if threading.get_ident() == starter:  # other threads of the host may spawn processes, too
            for key in _MAIN_KEYS:
                data.pop(key, None)
        return data

    with _preparing:
        spawn.get_preparation_data = clean
        try:
            yield
        finally:
            spawn.get_preparation_data = complete


class IsolatedProcess(context.SpawnProcess):
    """A spawned process that does not import the host's main module."""

    @staticmethod
    def _Popen(process_obj: process.BaseProcess) -> Any:  # noqa: N802 - the name multiprocessing looks for
        with _without_host_main():
            return context.SpawnProcess._Popen(process_obj)


class IsolatedContext(context.SpawnContext):
    """A spawn context that makes such processes and keeps the newest."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: IsolatedProcess | None = None

    def Process(self, *args: Any, **options: Any) -> IsolatedProcess:  # type: ignore[override]  # noqa: N802 - its name
        """Return a new process, not yet started."""
        self.newest = IsolatedProcess(*args, **options)
        return self.newest
