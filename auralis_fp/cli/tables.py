"""Results as tables: CSV, and Parquet with the same columns."""

import csv
import importlib.util
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final, Protocol, TypeVar

from ..errors import AuralisError
from ..runtime.serialization import to_json, to_json_line
from ..store.export import Exported
from ..store.transfer import Columns, record_of
from .output import TableFormat
from .rows import columns, row

T = TypeVar("T")

_ROW_GROUP: Final = 5_000  # rows


class NoParquetError(AuralisError):
    """The package for Parquet is not installed."""


class Writer(Protocol[T]):
    """Writes results to a stream."""

    def form(self, path: bytes, result: Columns) -> T:
        """Return what is written of a result, given its path."""

    def add(self, results: Sequence[Exported[T]]) -> None:
        """Write some results."""

    def close(self) -> None:
        """Write what belongs after the last result. The stream stays open."""


def writer(kind: TableFormat, stream: IO[bytes]) -> Writer[Any]:
    """Return the writer of a format.

    Parameters
    ----------
    kind : str
        ``ndjson``, ``csv`` or ``parquet``.
    stream : file

    Raises
    ------
    NoParquetError
        The package for Parquet is not installed.
    """
    if kind == "ndjson":
        return _Lines(stream)
    return _Csv(stream) if kind == "csv" else _Parquet(stream)


class _Lines:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def form(self, path: bytes, result: Columns) -> bytes:
        """Return the line of a result; its path, often not ASCII, is encoded by itself."""
        return b'{"path":%b,%b' % (to_json(os.fsdecode(path)).encode("ascii"), to_json_line(record_of(result))[1:])

    def add(self, lines: Sequence[Exported[bytes]]) -> None:
        """Write some results."""
        self._stream.writelines(line for _, line in lines)

    def close(self) -> None:
        """Write nothing."""


class _Csv:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = io.TextIOWrapper(stream, "utf-8", "backslashreplace", newline="")
        self._csv = csv.writer(self._stream, lineterminator="\r\n")  # RFC 4180
        self._csv.writerow(self._cells(tuple(columns())))

    def form(self, path: bytes, result: Columns) -> tuple[Any, ...]:
        """Return the cells of a result, without the bytes of its path."""
        return self._cells(row(path, result))

    @staticmethod
    def _cells(cells: tuple[Any, ...]) -> tuple[Any, ...]:
        return (cells[0], *cells[2:])

    def add(self, rows: Sequence[Exported[tuple[Any, ...]]]) -> None:
        """Write some results."""
        self._csv.writerows(cells for _, cells in rows)

    def close(self) -> None:
        """Write what is buffered."""
        self._stream.detach()


class _Parquet:
    def __init__(self, stream: IO[bytes]) -> None:
        self._rows = ParquetRows(stream)
        self._waiting: list[tuple[Any, ...]] = []

    def form(self, path: bytes, result: Columns) -> tuple[Any, ...]:
        """Return the cells of a result."""
        return row(path, result)

    def add(self, rows: Sequence[Exported[tuple[Any, ...]]]) -> None:
        """Write some results, or keep them until a row group is full."""
        self._waiting += (cells for _, cells in rows)
        if len(self._waiting) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._rows.add(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """Write the last row group and the index of the file."""
        self._flush()
        self._rows.close()


class ParquetRows:
    """Writes Parquet, a row group for each call of ``add``.

    Parameters
    ----------
    stream : file
    types : mapping of str to str, optional
        Columns by name; by default those of results.
    notes : mapping of str to str, optional
        Text that is kept in the file beside the columns.
    """

    def __init__(
        self, stream: IO[bytes], types: Mapping[str, str] | None = None, notes: Mapping[str, str] | None = None
    ) -> None:
        require_parquet()
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = columns() if types is None else types
        fields = [pa.field(name, getattr(pa, kind)()) for name, kind in kinds.items()]
        self._schema = pa.schema(fields, metadata=dict(notes or {}))
        self._array, self._table = pa.array, pa.Table
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write some rows: the cells in the order of the columns."""
        if rows:
            cells = zip(*rows, strict=True)
            arrays = [self._array(column, field.type) for column, field in zip(cells, self._schema, strict=True)]
            self._writer.write_table(self._table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the index of the file."""
        self._writer.close()


def require_parquet() -> None:
    """Raise ``NoParquetError`` unless the package for Parquet is installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise NoParquetError("Parquet needs the extra dask: pip install 'auralis-fp[dask]'")


def parquet_rows(file: str, size: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file. Blocking.

    Parameters
    ----------
    file : str
    size : int
        Rows to read at a time.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is not Parquet.
    """
    require_parquet()
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(size):
            yield from batch.to_pylist()


def parquet_notes(file: str) -> dict[str, str]:
    """Return the text that was kept in a Parquet file beside its columns. Blocking; raises as ``parquet_rows``."""
    require_parquet()
    import pyarrow.parquet as pq

    found = pq.read_schema(file).metadata or {}
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in found.items()}
