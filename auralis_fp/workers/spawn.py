"""Worker processes that start clean: spawned, and without importing the host's main module a second time.

``multiprocessing`` prepares a spawned process by running the parent's ``__main__`` again. In a host that would load its
whole web application into every worker, and run whatever is not behind a ``__main__`` guard.
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
    """Leave the host's main module out of what this thread's next spawned process is told."""
    complete, starter = spawn.get_preparation_data, threading.get_ident()

    def clean(name: str) -> dict[str, Any]:
        data = complete(name)
        if threading.get_ident() == starter:  # another thread of the host may be spawning processes of its own
            for key in _MAIN_KEYS:
                data.pop(key, None)
        return data

    with _preparing:
        spawn.get_preparation_data = clean
        try:
            yield
        finally:
            spawn.get_preparation_data = complete


class GuestProcess(context.SpawnProcess):
    """A spawned process that knows nothing of the host's main module."""

    @staticmethod
    def _Popen(process_obj: process.BaseProcess) -> Any:  # noqa: N802 - the name multiprocessing looks for
        with _without_host_main():
            return context.SpawnProcess._Popen(process_obj)


class GuestContext(context.SpawnContext):
    """The spawn context, with processes that leave the host's main module alone; knows the one it made last."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: GuestProcess | None = None

    def Process(self, *args: Any, **options: Any) -> GuestProcess:  # type: ignore[override]  # noqa: N802 - its name
        """Make a process, not yet started."""
        self.newest = GuestProcess(*args, **options)
        return self.newest
