"""What a sealed worker makes of the files of a test, compared with a worker that is not sealed."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from auralis_fp.models import Analysed, Rejected
from auralis_fp.settings import Settings
from auralis_fp.tags.model import CoverImage, TagReading
from auralis_fp.workers.handover import Handover, OneFile
from auralis_fp.workers.messages import Plan
from auralis_fp.workers.tasks import analyse_file, make_cover, read_tags
from auralis_fp.workers.worker import Worker, WorkerLostError

Task = Callable[..., Any]
LARGEST: Final = 32 << 20  # of a sparse file, which takes long and holds silence
_KINDS: Final = (Analysed, TagReading, CoverImage, Rejected)
_TASKS: Final[dict[str, Sequence[Task]]] = {"decoding": (analyse_file,), "tags": (read_tags, make_cover)}


class SealedTwin:
    """Two workers, one of them sealed, that do the same; numeric libraries round differently in this process."""

    def __init__(self) -> None:
        self._workers: dict[bool, Worker] = {}

    def check(self, folder: Path, tasks: Sequence[Task]) -> None:
        """Run tasks on all files below a folder in both workers; fail if the outcomes differ.

        Parameters
        ----------
        folder : Path
        tasks : sequence of callable
        """
        for file in _files(folder):
            for task in tasks:
                assert self._outcome(task, file, seal=True) == self._outcome(task, file, seal=False), (task, file)

    def _outcome(self, task: Task, file: Path, *, seal: bool) -> Any:
        handover = Handover(task.__name__, OneFile(os.fsencode(file)))
        refused = handover.open()
        try:
            outcome = refused or self._worker(seal).run(handover, _KINDS, lambda _progress: None)
        except WorkerLostError as error:
            self._end(seal)
            return f"lost: {error}"
        return replace(outcome, processing_time_ms=0.0) if isinstance(outcome, Analysed) else outcome

    def _worker(self, seal: bool) -> Worker:
        if seal not in self._workers:
            self._workers[seal] = Worker()
            self._workers[seal].prepare(Plan(memory_limit_mb=Settings().memory_limit_mb, seal=seal))
        return self._workers[seal]

    def _end(self, seal: bool) -> None:
        worker = self._workers.pop(seal)
        worker.kill()
        worker.close()

    def end(self) -> None:
        """End the workers."""
        for seal in list(self._workers):
            self._end(seal)


def tasks_for(module: Path) -> Sequence[Task]:
    """Return the tasks to repeat for the files of a test module."""
    return _TASKS.get(module.parent.name, ())


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST:
            yield file
