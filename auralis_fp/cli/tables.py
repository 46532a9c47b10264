"""Results as tables: CSV, and Parquet with the same columns."""

import importlib.util
import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import IO, Any, Final, Protocol, TypeVar

from .. import schema
from ..errors import AuralisError
from ..runtime.serialization import to_json, to_json_line
from ..store.export import Exported
from ..store.transfer import Columns, record_of
from .output import TableFormat

T = TypeVar("T")

_METADATA: Final = {  # of the columns that are not the fingerprint: names, and types of Arrow
    "duration_sec": "float64", "sample_rate": "int64", "channels": "int64", "format": "string", "codec": "string",
    "decoder": "string", "kernels": "string", "machine": "string",
}  # fmt: skip
_RECORD: Final = {
    "algorithm": "string", "algorithm_version": "int64", "analysed_at": "float64", "processing_time_ms": "float64",
    "content_id": "string", "payload_digest": "string",
}  # fmt: skip
_JSON: Final = ("warnings", "undefined", "tempo", "track_ids", "parts")  # JSON text
_LARGEST: Final = 2**63
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


def columns() -> dict[str, str]:
    """Return the columns of a table by name, with their types in Arrow."""
    head = {"path": "string", "path_bytes": "binary", "size": "int64", "mtime_ns": "int64"}
    values = dict.fromkeys(schema.NAMES, "float64")
    return {**head, **_METADATA, **values, **_RECORD, **dict.fromkeys(_JSON, "string")}


def _runs() -> list[tuple[bool, int, int]]:
    """Return the runs of columns of text and of numbers after the path: whether they are text, start and end."""
    runs, end = [], 2
    for is_text, group in itertools.groupby(list(columns().values())[2:], "string".__eq__):
        start, end = end, end + len(list(group))
        runs.append((is_text, start, end))
    return runs


_RUNS: Final = _runs()
_METADATA_OF: Final = attrgetter(*_METADATA)
_SPECIAL: Final = re.compile(rb'[",\r\n]')


def row(path: bytes, result: Columns) -> tuple[Any, ...]:
    """Return a result as the cells of ``columns``. Undefined values are None; bytes that are not UTF-8 are escaped.

    Parameters
    ----------
    path : bytes
    result : Columns
    """
    metadata = result.metadata
    values = schema.with_null(result.values, metadata.undefined) if metadata.undefined else result.values
    lists = (
        metadata.warnings,
        metadata.undefined,
        metadata.tempo and metadata.tempo.as_json(),
        result.track_ids,
        [part.as_json() for part in result.parts],
    )
    return (
        path.decode("utf-8", "backslashreplace"),
        path,
        result.size,
        result.mtime_ns if abs(result.mtime_ns) < _LARGEST else None,
        *_METADATA_OF(metadata),
        *map(values.get, schema.NAMES),
        schema.ALGORITHM,
        result.algorithm_version,
        result.analysed_at,
        result.processing_time_ms,
        None if result.content is None else result.content.hex(),
        None if result.payload_digest is None else result.payload_digest.hex(),
        *["[]" if value in ((), []) else to_json_line(value).decode()[:-1] for value in lists],
    )


def record_of_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in the form that ``store.transfer.result_from_json`` reads.

    Raises
    ------
    ValueError
        A column is missing or has another type.
    """
    try:
        lists = {name: json.loads(values[name]) for name in _JSON}
        metadata = {name: values[name] for name in _METADATA}
        return {
            "path": bytes(values["path_bytes"]).decode("utf-8", "surrogateescape"),
            "size": values["size"],
            "mtime_ns": values["mtime_ns"],
            "metadata": {**metadata, **{name: lists.pop(name) for name in ("warnings", "undefined", "tempo")}},
            "fingerprint": {name: values[name] for name in schema.NAMES},
            **{name: values[name] for name in _RECORD},
            **lists,
        }
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a row of a result ({error})") from error


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
        self._stream = stream
        stream.write(",".join(name for name in columns() if name != "path_bytes").encode() + b"\r\n")

    def form(self, path: bytes, result: Columns) -> bytes:
        """Return the line of a result, without the bytes of its path."""
        return csv_line(row(path, result))

    def add(self, lines: Sequence[Exported[bytes]]) -> None:
        """Write some results."""
        self._stream.writelines(line for _, line in lines)

    def close(self) -> None:
        """Write nothing."""


def csv_line(cells: Sequence[Any]) -> bytes:
    """Return a line of CSV (RFC 4180) with the cells of a row, without the bytes of its path.

    Parameters
    ----------
    cells : sequence
        As ``row`` returns them.
    """
    line = [_quoted(cells[0])]
    for is_text, start, end in _RUNS:
        if is_text:
            line += map(_quoted, cells[start:end])
        else:  # several times as fast as str
            line.append(to_json_line(cells[start:end])[1:-2].replace(b"null", b""))
    return b",".join(line) + b"\r\n"


@lru_cache(maxsize=256)  # most cells of most rows are the same few
def _quoted(text: str | None) -> bytes:
    """Return a cell of text, in quotation marks if it needs them."""
    if not text:
        return b""
    encoded = text.encode("utf-8", "backslashreplace")
    return b'"%b"' % encoded.replace(b'"', b'""') if _SPECIAL.search(encoded) else encoded


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
