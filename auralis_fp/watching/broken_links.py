"""Links to music whose target is missing: their content may appear without any change in the library."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

CHECK_EVERY_SEC: Final = 3.0
_SHARE: Final = 20  # checks take at most one part in so many of the time
_MOST: Final = 100_000  # links; the sweeps find the rest


class BrokenLinks:
    """Checks the targets of broken links, as of git-annex and of disks that are mounted later.

    Parameters
    ----------
    threads : ThreadPoolExecutor
        Runs the checks.
    on_found : callable
        Called with the link whose target has appeared.
    """

    def __init__(self, threads: ThreadPoolExecutor, on_found: Callable[[bytes], None]) -> None:
        self._threads = threads
        self._on_found = on_found
        self._links: set[bytes] = set()
        self._added = asyncio.Event()

    def replace(self, links: Iterable[bytes]) -> None:
        """Replace the links that are checked by those of a sweep."""
        self._links.clear()
        self.add(links)

    def add(self, links: Iterable[bytes]) -> None:
        """Check these links too."""
        for link in links:
            if len(self._links) < _MOST:
                self._links.add(link)
        if self._links:
            self._added.set()

    async def run(self) -> None:
        """Check the links until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._added.clear()
            if not self._links:
                await self._added.wait()
            started = time.monotonic()
            for link in await loop.run_in_executor(self._threads, _existing, list(self._links)):
                self._links.discard(link)
                self._on_found(link)
            await asyncio.sleep(max(CHECK_EVERY_SEC, _SHARE * (time.monotonic() - started)))


def _existing(links: Iterable[bytes]) -> list[bytes]:
    return [link for link in links if os.path.exists(link)]
