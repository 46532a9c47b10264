"""The vectors of a library in columns, kept up to date with the database."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ... import schema
from ...errors import StorageError
from ...schema import timbre
from ...schema.timbre import COUNT
from ...store.lock import hold_lock
from ...store.vector_reader import Vector, VectorReader
from .column_file import ColumnFile, DamagedFileError, Layout
from .distance import MOST, N_TERMS, N_TIMBRE, NO_TIMBRE, Terms
from .generation import Generation, freeze, neighbourhoods
from .generation_format import generation_from_bytes, generation_to_bytes
from .transforms import NAMES

log = logging.getLogger(__name__)

ROOM: Final = 1.25  # capacity of a new file, in relation to its rows
FEW_CHANGES: Final = 10_000  # with more than these, and more than a quarter of the library, it is read again
LAYOUT: Final[Layout] = {
    "id": ("<i8", 1),
    "folder": ("<i8", 1),
    "content": ("<i8", 1),
    "duration": ("<f4", 1),
    "undefined": ("<u8", 1),
    "mean": ("<f4", 1),
    "std": ("<f4", 1),
}
PLAIN_LAYOUT: Final[Layout] = {"plain_mean": ("<f4", 1), "plain_std": ("<f4", 1)}  # of distances without the timbre
IdArray = NDArray[np.int64]


class Catalogue:
    """All current vectors, in a memory-mapped file beside the database.

    Parameters
    ----------
    database : Path
        Database that is followed.
    file : Path
        The column file; created when it is missing or cannot be trusted.
    on_progress : callable, optional
        Called now and then during long work.

    Notes
    -----
    One process owns the file. Another one, such as a command beside a running service, works on a copy in memory.
    """

    def __init__(self, database: Path, file: Path, on_progress: Callable[[], None] = lambda: None) -> None:
        self.reader = VectorReader(database)
        self._held = ExitStack()
        self._owner = self._acquire(file.with_name(file.name + ".lock"))
        self._file = file
        self._on_progress = on_progress
        self._columns: ColumnFile | None = None
        self._generation: Generation | None = None
        width = N_TERMS + (N_TIMBRE if self.reader.has_timbre else 0)
        plain = PLAIN_LAYOUT if self.reader.has_timbre else {}
        self._layout: Layout = {**LAYOUT, **plain, "raw": ("<f4", width), "terms": ("<f4", width)}
        versions = f"{schema.ALGORITHM_VERSION} {','.join(NAMES)} {width} {timbre.VERSION} {MOST.tolist()}"
        purpose = f"{self.reader.database_id()} {versions}"
        self._purpose = hashlib.sha256(purpose.encode()).hexdigest()

    def __len__(self) -> int:
        return self._live.header.count

    @property
    def _live(self) -> ColumnFile:
        if self._columns is None:
            raise RuntimeError("refresh() first")
        return self._columns

    @property
    def generation(self) -> Generation:
        """Frozen statistics of the library."""
        if self._generation is None:
            raise RuntimeError("refresh() first")
        return self._generation

    def column(self, name: str) -> NDArray[Any]:
        """Return a column, rows last."""
        return self._live.columns[name][..., : len(self)]

    @property
    def sequence(self) -> int:
        """Position in the change log of the database that the rows stand for."""
        return self._live.header.sequence

    @property
    def terms(self) -> Terms:
        """Standardised terms of all tracks."""
        return Terms(self.column("terms"), self.column("undefined"), self.generation.period)

    def refresh(self, *, keep_generation: bool = False) -> None:
        """Bring the columns up to the database.

        Parameters
        ----------
        keep_generation : bool
            Do not measure the library again even if it has grown by a fifth: a later page of an answer is asked for.
        """
        self.reader.snapshot()
        try:
            self._follow()
        finally:
            self.reader.release()
        if self.generation.outgrown(len(self)) and not keep_generation:
            self._freeze(self.generation.number + 1)

    def rows_of(self, ids: Sequence[int] | IdArray) -> NDArray[np.intp]:
        """Return the row of each id, -1 for those that have none."""
        wanted, known = np.asarray(ids, dtype=np.int64), self.column("id")
        result = np.full(len(wanted), -1, dtype=np.intp)
        if len(wanted) <= 8:
            for i, file_id in enumerate(wanted):
                found = np.flatnonzero(known == file_id)
                result[i] = found[0] if found.size else -1
        elif len(known):
            order = np.argsort(known, kind="stable")
            places = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
            rows = order[places]
            result = np.where(known[rows] == wanted, rows, -1)
        return result

    def close(self) -> None:
        """Close the connection to the database, and release the file."""
        self.reader.close()
        self._held.close()

    def _acquire(self, lock: Path) -> bool:
        """Return True if this process owns the file from now on."""
        try:
            self._held.enter_context(hold_lock(lock, with_folder=False))  # the service holds the folder
        except StorageError as error:
            log.info("the similarity index is kept in memory: %s", error)
            return False
        return True

    def _follow(self) -> None:
        newest = self.reader.sequence()
        if self._columns is None:
            self._load()
        if self._columns is None or self._live.header.sequence > newest:  # an older database came back
            self._rebuild(newest)
        elif self._live.header.sequence < newest:
            number = self.reader.change_count(self._live.header.sequence)
            if number > max(FEW_CHANGES, len(self) // 4):
                self._rebuild(newest)
            else:
                self._apply([one for part in self.reader.changes(self._live.header.sequence) for one in part], newest)

    def _load(self) -> None:
        try:
            access = ColumnFile.open if self._owner else ColumnFile.read
            columns = access(self._file, self._layout, self._purpose)
            self._generation = generation_from_bytes(columns.attachment)
        except (DamagedFileError, msgspec.DecodeError, ValueError) as error:
            log.info("the similarity index is built: %s", error)
            return
        self._columns = columns

    def _rebuild(self, sequence: int) -> None:
        """Read everything from the database."""
        self._columns = None
        columns = self._create(self.reader.count())
        columns.begin()
        count = 0
        for vectors in self.reader.all():
            if count + len(vectors) > columns.header.capacity:
                columns = self._grown(columns, count, len(vectors))
            _write(columns, np.arange(count, count + len(vectors)), vectors)
            count += len(vectors)
            self._on_progress()
        columns.header.count, columns.header.sequence = count, sequence
        self._columns = columns
        self._freeze(1 if self._generation is None else self._generation.number + 1)

    def _apply(self, changes: Sequence[Vector], sequence: int) -> None:
        """Replace, append and remove rows."""
        present = [one for one in changes if one.values is not None]
        gone = [one.file_id for one in changes if one.values is None]
        rows = self.rows_of([one.file_id for one in present])
        new = np.flatnonzero(rows < 0)
        count = len(self)
        if count + len(new) > self._live.header.capacity:
            self._columns = self._grown(self._live, count, len(new))
        rows[new] = np.arange(count, count + len(new))
        columns = self._live
        columns.begin()
        _write(columns, rows, present)
        columns.header.count = count + len(new)
        self._measure(rows)
        holes = self._remove(gone)
        changed = np.concatenate([rows, holes]).astype(np.intp)
        columns.commit(columns.header.count, sequence, changed[changed < columns.header.count])

    def _remove(self, ids: Sequence[int]) -> NDArray[np.intp]:
        """Remove rows, filling each hole with the last row; return the rows that were filled."""
        rows = self.rows_of(ids)
        holes = []
        for row in sorted((int(row) for row in rows if row >= 0), reverse=True):
            last = len(self) - 1
            for column in self._live.columns.values():
                column[..., row] = column[..., last]
            self._live.header.count = last
            holes.append(row)
        return np.array(holes, dtype=np.intp)

    def _measure(self, rows: NDArray[np.intp]) -> None:
        """Compute terms and neighbourhoods of some rows by the present generation."""
        columns, generation = self._live.columns, self.generation
        terms = generation.standardise(columns["raw"][:, rows], columns["undefined"][rows])
        columns["terms"][:, rows] = terms.values
        self._compare(rows, columns["id"][rows], terms)

    def _freeze(self, number: int) -> None:
        """Measure the library, and everything that depends on it."""
        columns = self._live
        columns.begin()
        ids, raw, undefined = self.column("id"), self.column("raw"), self.column("undefined")
        generation = self._generation = freeze(number, ids, raw, undefined)
        terms = generation.standardise(raw, undefined)
        columns.columns["terms"][:, : len(self)] = terms.values
        self._on_progress()
        self._compare(slice(len(self)), ids, terms)
        columns.attach(generation_to_bytes(generation))
        columns.commit(len(self), columns.header.sequence)

    def _compare(self, rows: NDArray[np.intp] | slice, ids: IdArray, terms: Terms) -> None:
        """Compute the neighbourhoods of some rows, also without the timbre where the library has it."""
        columns, sample = self._live.columns, self.generation.sample
        kinds = [("", sample, terms)]
        if terms.has_timbre:
            kinds.append(("plain_", sample.of_fingerprints(), terms.of_fingerprints()))
        for prefix, sampled, compared in kinds:
            found = neighbourhoods(sampled, self.generation.sample_ids, ids, compared, self._on_progress)
            columns[f"{prefix}mean"][rows], columns[f"{prefix}std"][rows] = found

    def _create(self, count: int) -> ColumnFile:
        """Return empty columns with room for *count* rows and more, in memory if the file cannot be written."""
        capacity = int(ROOM * count)
        if not self._owner:
            return ColumnFile.in_memory(self._layout, self._purpose, capacity)
        try:
            return ColumnFile.create(self._file, self._layout, self._purpose, capacity)
        except OSError as error:
            log.warning("the similarity index is kept in memory: %s", error)
            return ColumnFile.in_memory(self._layout, self._purpose, capacity)

    def _grown(self, columns: ColumnFile, count: int, more: int) -> ColumnFile:
        """Return larger columns with the same rows."""
        columns.header.count = count
        larger = self._create(count + more)
        larger.begin()
        larger.copy_from(columns)
        larger.header.count, larger.header.sequence = count, columns.header.sequence
        return larger


def _write(columns: ColumnFile, rows: NDArray[np.integer], vectors: Sequence[Vector]) -> None:
    """Write what the database knows of some files."""
    if not vectors:
        return
    into = columns.columns
    into["id"][rows] = [one.file_id for one in vectors]
    into["folder"][rows] = [_hash(one.folder) for one in vectors]
    into["content"][rows] = [_hash(one.digest) if one.digest else 0 for one in vectors]
    into["duration"][rows] = [one.duration_sec for one in vectors]
    into["undefined"][rows] = [one.undefined for one in vectors]
    into["raw"][:N_TERMS, rows] = np.array([one.values for one in vectors], dtype=np.float32).T
    if len(into["raw"]) > N_TERMS:
        blank = np.zeros(COUNT, dtype="<f4").tobytes()
        known = [one.timbre is not None and len(one.timbre) == len(blank) for one in vectors]
        data = b"".join(one.timbre or b"" if full else blank for one, full in zip(vectors, known, strict=True))
        into["raw"][N_TERMS:, rows] = np.frombuffer(data, "<f4").reshape(-1, COUNT).T[1:]
        into["undefined"][rows] |= np.where(known, np.uint64(0), np.uint64(NO_TIMBRE))


def _hash(data: bytes) -> int:
    """Return 64 bits that stand for some bytes, never 0."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True) or 1
