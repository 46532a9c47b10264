"""Results as tables: CSV, and Parquet with the same columns."""

import csv
import importlib.util
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final, Protocol

from .. import schema
from ..errors import AuralisError
from ..runtime.serialization import to_json, to_json_line
from ..store.transfer import Result, result_record
from .output import TableFormat

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


class NoParquetError(AuralisError):
    """The package for Parquet is not installed."""


class Writer(Protocol):
    """Writes results to a stream."""

    def add(self, results: Sequence[Result]) -> None:
        """Write some results."""

    def close(self) -> None:
        """Write what belongs after the last result. The stream stays open."""


def writer(kind: TableFormat, stream: IO[bytes]) -> Writer:
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
    return _Csv(stream) if kind == "csv" else ParquetRows(stream)


def columns() -> dict[str, str]:
    """Return the columns of a table by name, with their types in Arrow."""
    head = {"path": "string", "path_bytes": "binary", "size": "int64", "mtime_ns": "int64"}
    values = dict.fromkeys(schema.NAMES, "float64")
    return {**head, **_METADATA, **values, **_RECORD, **dict.fromkeys(_JSON, "string")}


def row(result: Result) -> dict[str, Any]:
    """Return a result as a row. Undefined values are None; bytes of a path that are not UTF-8 are shown escaped."""
    record = result_record(result)
    metadata, fingerprint = record["metadata"], record["fingerprint"]
    lists = {**metadata, **record}
    return {
        "path": result.path.decode("utf-8", "backslashreplace"),
        "path_bytes": result.path,
        "size": record["size"],
        "mtime_ns": record["mtime_ns"] if abs(record["mtime_ns"]) < _LARGEST else None,
        **{name: metadata.get(name, "") for name in _METADATA},
        **{name: fingerprint.get(name) for name in schema.NAMES},
        **{name: record[name] for name in _RECORD},
        **{name: to_json(lists.get(name, [])) for name in _JSON},
    }


def record_of(values: Mapping[str, Any]) -> dict[str, Any]:
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

    def add(self, results: Sequence[Result]) -> None:
        """Write some results; paths, often not ASCII, are encoded by themselves."""
        for result in results:
            record = result_record(result)
            path = to_json(record.pop("path")).encode("ascii")
            self._stream.write(b'{"path":' + path + b"," + to_json_line(record)[1:])

    def close(self) -> None:
        """Write nothing."""


class _Csv:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._names = [name for name in columns() if name != "path_bytes"]
        self._write([self._names])

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)  # RFC 4180
        self._stream.write(text.getvalue().encode("utf-8"))

    def add(self, results: Sequence[Result]) -> None:
        """Write some results."""
        self._write([[each[name] for name in self._names] for each in map(row, results)])

    def close(self) -> None:
        """Write nothing."""


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
        self._table = pa.Table
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")

    def add(self, results: Sequence[Result]) -> None:
        """Write some results."""
        self.add_rows([row(result) for result in results])

    def add_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write some rows."""
        if rows:
            self._writer.write_table(self._table.from_pylist(list(rows), schema=self._schema))

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
