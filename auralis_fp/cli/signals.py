"""Ctrl-C, SIGTERM and a terminal that is closed: a command ends in good order and says so, at whatever moment it comes.

This is imported before anything that takes long to import.
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
PATIENCE_SEC: Final = 3.0  # for an end in good order; who asks again after that gets one at once
LEAVING_SEC: Final = 1.0  # for threads that wait for something, once the command itself has ended


class Ending:
    """What a signal leads to; there is one for the whole process, as there is one set of signals."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self._asked_at = 0.0
        self._act: Callable[[], object] = self._leave
        self._program = ""

    def listen(self, program: str) -> None:
        """Take the signals over for the rest of the process, but for those it was told to ignore.

        Parameters
        ----------
        program : str
            Its name, as it is called in the sentence that says how it ended.
        """
        self._program = program
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._on_signal)

    @contextlib.contextmanager
    def leads_to(self, act: Callable[[], object]) -> Iterator[None]:
        """Have the first signal call *act*, in the midst of the main thread; without this it ends the process.

        No exception is raised: there are places that swallow any.
        """
        before, self._act = self._act, act
        try:
            yield
        finally:
            self._act = before

    def conclude(self) -> None:
        """Take note that the command has ended: what keeps the process may be broken off, if the end was asked for."""
        self._act = self._leave
        if self.asked is not None:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # Python itself no longer minds them while it ends
            leaving = threading.Timer(LEAVING_SEC, os._exit, (self.code,))
            leaving.daemon = True
            leaving.start()

    def tell(self) -> int:
        """Say that a signal has ended the program, and return the exit code that shells have for it."""
        number = signal.Signals(self.asked or signal.SIGINT)
        how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
        print(f"{self._program}: {how}", file=sys.stderr, flush=True)
        return self.code

    @property
    def code(self) -> int:
        """The exit code of a program that was ended, as shells have it."""
        return 128 + (self.asked or signal.SIGINT)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.asked is None:
            self.asked, self._asked_at = number, time.monotonic()
            self._act()
        elif time.monotonic() - self._asked_at > PATIENCE_SEC:
            self._leave()

    def _leave(self) -> None:
        """End the process now; what was being written is whole or not there, workers go with it."""
        os._exit(self.tell())


ending: Final = Ending()
