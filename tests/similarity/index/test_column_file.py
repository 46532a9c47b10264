"""Columns in a memory-mapped file."""

from pathlib import Path

import numpy as np
import pytest

from auralis_fp.similarity.index.column_file import ATTACHMENT, BLOCK, ColumnFile, DamagedFileError, Layout

LAYOUT: Layout = {"id": ("<i8", 1), "values": ("<f4", 3)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file with 5000 rows."""
    path = tmp_path / "columns"
    columns = ColumnFile.create(path, LAYOUT, "test", 6000)
    columns.begin()
    columns.columns["id"][:5000] = np.arange(5000)
    columns.columns["values"][:, :5000] = 0.5
    columns.attach(b"statistics")
    columns.commit(5000, 7)
    return path


def opened(path: Path) -> ColumnFile:
    """Open the file."""
    return ColumnFile.open(path, LAYOUT, "test")


def test_it_is_there_after_reopening(path: Path) -> None:
    """Rows, attachment and position are as they were committed."""
    columns = opened(path)
    assert (columns.header.count, columns.header.sequence, columns.header.capacity) == (5000, 7, 2 * BLOCK)
    assert columns.columns["id"][:5000].tolist() == list(range(5000))
    assert (columns.columns["values"][:, :5000] == 0.5).all()
    assert columns.attachment == b"statistics"


@pytest.mark.parametrize("offset", [0, 2, 9, 4096, 4096 + ATTACHMENT + 1, -4, 4096 + ATTACHMENT + 8192])
def test_a_changed_byte_is_found(path: Path, offset: int) -> None:
    """In the header, the attachment, the checksums and the columns."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DamagedFileError):
        opened(path)


@pytest.mark.parametrize("size", [0, 10, 4096, 300_000])
def test_a_torn_file_is_found(path: Path, size: int) -> None:
    """A file of any other length is refused."""
    data = path.read_bytes()[:size]
    path.write_bytes(data)
    with pytest.raises(DamagedFileError):
        opened(path)


def test_an_unfinished_change_is_found(path: Path) -> None:
    """After a change that was begun and not committed the file counts as damaged."""
    columns = opened(path)
    columns.begin()
    with pytest.raises(DamagedFileError, match="middle of a change"):
        opened(path)
    columns.commit(5000, 8, np.zeros(0, dtype=np.intp))
    assert opened(path).header.sequence == 8


def test_another_purpose_is_found(path: Path, tmp_path: Path) -> None:
    """A file of another database or version is refused, and so is one that is not there."""
    with pytest.raises(DamagedFileError, match="another version"):
        ColumnFile.open(path, LAYOUT, "other")
    with pytest.raises(DamagedFileError, match="cannot be opened"):
        ColumnFile.open(tmp_path / "missing", LAYOUT, "test")


def test_only_changed_blocks_are_checked_in(path: Path) -> None:
    """A commit that leaves a changed row out is found out."""
    columns = opened(path)
    columns.begin()
    columns.columns["id"][[1, 4999]] = -1
    columns.commit(5000, 8, np.array([4999]))
    with pytest.raises(DamagedFileError, match="checksum"):
        opened(path)
    columns.commit(5000, 8, np.array([1]))
    assert opened(path).columns["id"][1] == -1


def test_columns_in_memory(path: Path) -> None:
    """Without a file there are the same columns, and rows can be taken over."""
    columns = ColumnFile.in_memory(LAYOUT, "test", 5000)
    columns.begin()
    columns.copy_from(opened(path))
    columns.commit(5000, 7)
    assert columns.columns["id"][4999] == 4999
    assert columns.attachment == b"statistics"
