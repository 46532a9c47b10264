"""Signal handling: Ctrl-C, SIGTERM and SIGHUP stop a command in good order, at any moment.

Imported before all modules that are slow to import.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
GRACE_SEC: Final = 3.0  # for an orderly stop; a signal after that ends the process at once
EXIT_TIMEOUT_SEC: Final = 1.0  # for blocked threads, after the command has ended


class Interruption:
    """The process-wide reaction to signals."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._received_at = 0.0
        self._handler: Callable[[], object] = self._exit
        self._program = ""

    def install(self, program: str) -> None:
        """Install signal handlers, leaving ignored signals alone.

        Parameters
        ----------
        program : str
            Name of the program in messages.
        """
        self._program = program
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._on_signal)

    @contextlib.contextmanager
    def calls(self, handler: Callable[[], object]) -> Iterator[None]:
        """Call *handler* in the main thread on the first signal, instead of ending the process.

        No exception is raised, because library code may swallow it.
        """
        before, self._handler = self._handler, handler
        try:
            yield
        finally:
            self._handler = before

    def conclude(self) -> None:
        """Mark the command as ended; after a signal the process exits even if threads are blocked."""
        self._handler = self._exit
        if self.received is not None:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # a signal during interpreter shutdown would print a traceback
            timer = threading.Timer(EXIT_TIMEOUT_SEC, os._exit, (self.code,))
            timer.daemon = True
            timer.start()

    def report(self) -> int:
        """Print which signal ended the program, and return the exit code."""
        number = signal.Signals(self.received or signal.SIGINT)
        how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
        with contextlib.suppress(OSError):  # the log may be full, or its reader gone
            print(f"{self._program}: {how}", file=sys.stderr, flush=True)
        return self.code

    @property
    def code(self) -> int:
        """Exit code after a signal, as shells define it."""
        return 128 + (self.received or signal.SIGINT)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.received is None:
            self.received, self._received_at = number, time.monotonic()
            self._handler()
        elif time.monotonic() - self._received_at > GRACE_SEC:
            self._exit()

    def _exit(self) -> None:
        """End the process now. Files are written atomically, and workers exit with their parent."""
        os._exit(self.report())


interruption: Final = Interruption()
