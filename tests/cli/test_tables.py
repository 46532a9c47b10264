"""Results as CSV."""

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auralis_fp.cli.rows import columns
from auralis_fp.cli.tables import writer
from auralis_fp.store.export import Exported

CELLS = {
    "string": st.none() | st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(['"', "a,b", "null"]),
    "int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "float64": st.none() | st.floats(allow_nan=False, allow_infinity=False),
}


@given(st.tuples(*(CELLS[kind] for name, kind in columns().items() if name != "path_bytes")))
def test_a_line_is_read_back(cells: tuple[Any, ...]) -> None:
    """Numbers are the same to the bit, and missing values are empty."""
    stream = io.BytesIO()
    table = writer("csv", stream)
    table.add([Exported(b"", cells)])
    table.close()
    head, read = csv.reader(io.StringIO(stream.getvalue().decode(), newline=""), strict=True)
    assert head == [name for name in columns() if name != "path_bytes"]
    for name, cell, value in zip(head, read, cells, strict=True):
        parse: type = {"int64": int, "float64": float}.get(columns()[name], str)
        assert cell == "" if value is None else parse(cell) == value
