"""The columns of tables of results, and results as rows."""

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

from .. import schema
from ..runtime.serialization import to_json_line
from ..store.transfer import Columns

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


def columns() -> dict[str, str]:
    """Return the columns of a table by name, with their types in Arrow."""
    head = {"path": "string", "path_bytes": "binary", "size": "int64", "mtime_ns": "int64"}
    values = dict.fromkeys(schema.NAMES, "float64")
    return {**head, **_METADATA, **values, **_RECORD, **dict.fromkeys(_JSON, "string")}


_METADATA_OF: Final = attrgetter(*_METADATA)


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
