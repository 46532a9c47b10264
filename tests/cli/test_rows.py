"""Lines of CSV."""

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auralis_fp.cli.rows import columns, csv_line

CELLS = {
    "string": st.none() | st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(['"', "a,b", "null"]),
    "binary": st.just(b""),
    "int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "float64": st.none() | st.floats(allow_nan=False, allow_infinity=False),
}


@given(st.tuples(*(CELLS[kind] for kind in columns().values())))
def test_a_line_is_read_back(cells: tuple[Any, ...]) -> None:
    """Numbers are the same to the bit, missing values are empty, and the bytes of the path are left out."""
    text = csv_line(cells).decode()
    assert text.endswith("\r\n")
    (read,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    kinds = [kind for kind in columns().values() if kind != "binary"]
    values = [cell for cell in cells if cell != b""]
    assert len(read) == len(values)
    for cell, value, kind in zip(read, values, kinds, strict=True):
        parse: type = {"int64": int, "float64": float}.get(kind, str)
        assert cell == "" if value is None else parse(cell) == value
