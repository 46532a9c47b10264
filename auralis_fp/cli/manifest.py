"""``analyze --manifest``: catalogues of any size to parts in Parquet, without a database.

A part holds the results of a fixed number of lines. It is written when the last of them is done, together with a file
of failures, and is not made again: an interrupted run continues with the parts that are missing.
"""

import asyncio
import contextlib
import hashlib
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from .. import schema
from ..cluster.manifest_job import analyse
from ..cluster.mounts import parse_mounts
from ..cluster.pool import ClusterPool
from ..errors import AuralisError, SettingsError
from ..files.atomic import open_folder, replacing
from ..models import Analysed, FileStamp, Rejected
from ..runtime.tasks import first_error
from ..runtime.threads import iterated
from ..settings import Settings
from ..store.fingerprints import StoredFingerprint
from ..store.transfer import Result, columns_of
from .inputs import STANDARD_INPUT, lines_in
from .progress import file_progress
from .rows import columns, row
from .tables import ParquetRows, parquet_notes, require_parquet

PART_LINES: Final = 1000
LONGEST_LINE: Final = 32 << 10  # bytes
OPEN_PARTS: Final = 3  # that are worked on at a time, which bounds the memory
_DIGEST: Final = "auralis_fp.lines"
_FAILURES: Final = {"path": "string", "path_bytes": "binary", "stage": "string", "code": "string", "reason": "string"}


class ManifestError(AuralisError):
    """The manifest cannot be read, or the folder belongs to another one; the message states the reason."""


@dataclass(slots=True)
class _Part:
    """Lines of the manifest, and what became of them."""

    number: int
    lines: list[bytes]
    left: int = 0
    results: list[tuple[Any, ...]] = field(default_factory=list)
    failures: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return hashlib.blake2b(b"\n".join(self.lines), digest_size=16).hexdigest()


@dataclass(slots=True)
class _Tally:
    analysed: int = 0
    failed: int = 0
    known: int = 0
    written: int = 0


async def analyze_manifest(
    settings: Settings, manifest: str, output: Path, *, part_lines: int = PART_LINES, null: bool = False
) -> int:
    """Analyse what a list names on the machines of a cluster.

    Parameters
    ----------
    settings : Settings
        The cluster, and the mounts in which paths lie.
    manifest : str
        File with one path or address per line; ``-`` for standard input.
    output : Path
        Folder of the parts; created if need be.
    part_lines : int
        Lines of a part.
    null : bool
        Lines end with NUL.

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed.

    Raises
    ------
    ManifestError
        The manifest cannot be read, or the folder belongs to another manifest or is in use.
    """
    require_parquet()
    if not settings.cluster:
        raise SettingsError("cluster", "must be given, such as tcp://host:8786")
    settings = replace(settings, libraries=tuple(parse_mounts(settings.mounts).values()), work_here="nothing")
    tally = _Tally()
    with _only_one(output), contextlib.ExitStack() as closing:
        source = sys.stdin.buffer if manifest == STANDARD_INPUT else closing.enter_context(_opened(manifest))
        parts = _parts(lines_in(source, null=null, longest=LONGEST_LINE), part_lines)
        async with ClusterPool(settings, lambda: None, report=_say) as pool:
            # outcomes of files are values: only input and output raise
            with file_progress("Analysing", None) as advance, first_error():
                await _Run(pool, output, tally, advance).all(parts)
    print(
        f"{tally.analysed} analysed, {tally.failed} failed, {tally.written} parts written, {tally.known} parts known",
        file=sys.stderr,
    )
    return 1 if tally.failed else 0


def _say(reason: str | None) -> None:
    if reason is not None:
        print(f"cluster: {reason}", file=sys.stderr, flush=True)


class _Run:
    """Works parts off, several at a time.

    Parameters
    ----------
    pool : ClusterPool
    output : Path
    tally : _Tally
    advance : callable
        Called with the name of each finished file.
    """

    def __init__(self, pool: ClusterPool, output: Path, tally: _Tally, advance: Callable[[str], None]) -> None:
        self._pool = pool
        self._output = output
        self._tally = tally
        self._advance = advance
        self._room = asyncio.Semaphore(OPEN_PARTS)

    async def all(self, parts: Iterator[_Part]) -> None:
        """Make all parts that are missing."""
        waiting: asyncio.Queue[tuple[_Part, bytes] | None] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as group:
            producing = group.create_task(self._produce(parts, waiting))
            running = [group.create_task(self._consume(waiting))]
            while not producing.done():
                wanted = max(1, self._pool.callers)
                running += [group.create_task(self._consume(waiting)) for _ in range(wanted - len(running))]
                await asyncio.wait({producing}, timeout=1.0)
            for _ in running:
                await waiting.put(None)

    async def _produce(self, parts: Iterator[_Part], waiting: "asyncio.Queue[tuple[_Part, bytes] | None]") -> None:
        async for part in iterated(parts):
            if await asyncio.to_thread(self._is_known, part):
                self._tally.known += 1
                continue
            await self._room.acquire()
            names = list(dict.fromkeys(part.lines))  # a line that occurs twice has one row
            part.left = len(names)
            for name in names:
                await waiting.put((part, name))

    async def _consume(self, waiting: "asyncio.Queue[tuple[_Part, bytes] | None]") -> None:
        while (item := await waiting.get()) is not None:
            part, name = item
            outcome, stamp = await analyse(self._pool, name)
            self._note(part, name, outcome, stamp)
            part.left -= 1
            if not part.left:
                await asyncio.to_thread(self._write, part)
                self._tally.written += 1
                self._room.release()

    def _note(self, part: _Part, name: bytes, outcome: Analysed | Rejected, stamp: FileStamp) -> None:
        shown = name.decode("utf-8", "backslashreplace")
        self._advance(shown)
        if isinstance(outcome, Rejected):
            self._tally.failed += 1
            part.failures.append((shown, name, outcome.stage, outcome.code, outcome.reason))
            return
        self._tally.analysed += 1
        stored = StoredFingerprint(
            values=outcome.fingerprint,
            metadata=outcome.metadata,
            algorithm_version=schema.ALGORITHM_VERSION,
            stamp=stamp,
            source="analysis",
            analysed_at=time.time(),
            processing_time_ms=outcome.processing_time_ms,
            payload_digest=outcome.payload_digest,
        )
        part.results.append(row(name, columns_of(Result(name, stored, (), outcome.parts))))

    def _is_known(self, part: _Part) -> bool:
        """Return True if a part is there. Blocking."""
        file = self._output / _name(part)
        if not file.exists():
            return False
        try:
            digest = parquet_notes(str(file)).get(_DIGEST)
        except (OSError, ValueError) as error:
            raise ManifestError(f"{file} cannot be read: {error}") from error
        if digest != part.digest:
            raise ManifestError(f"{file} was made from other lines; choose another folder, or remove it")
        return True

    def _write(self, part: _Part) -> None:
        """Write the failures of a part, then its results, each in one step. Blocking."""
        with open_folder(os.fsencode(self._output)) as folder:
            if folder is None:
                raise ManifestError(f"{self._output} is gone")
            notes = {_DIGEST: part.digest}
            for name, kinds, rows in (
                (f"failures-{part.number:08}.parquet", _FAILURES, part.failures),
                (_name(part), columns(), part.results),
            ):
                with replacing(folder, os.fsencode(name)) as file:
                    target = ParquetRows(file, kinds, notes)
                    target.add(rows)
                    target.close()


def _name(part: _Part) -> str:
    return f"part-{part.number:08}.parquet"


def _parts(lines: Iterator[bytes], size: int) -> Iterator[_Part]:
    """Yield the parts of a manifest. Blocking."""
    for number in itertools.count():
        chosen = list(itertools.islice(lines, size))
        if not chosen:
            return
        yield _Part(number, chosen)


def _opened(manifest: str) -> Any:
    try:
        return Path(manifest).open("rb")
    except OSError as error:
        raise ManifestError(f"{manifest} cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def _only_one(output: Path) -> Iterator[None]:
    """Hold a folder for this run alone.

    Raises
    ------
    ManifestError
        Another run uses it, or it cannot be written.
    """
    import fcntl  # a cluster needs Linux or macOS

    try:
        output.mkdir(parents=True, exist_ok=True)
        lock = os.open(output / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ManifestError(f"{output} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ManifestError(f"another run writes to {output}") from None
    finally:
        os.close(lock)
