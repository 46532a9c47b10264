"""Columns of equal length in a memory-mapped file, checked block by block when it is opened."""

import mmap
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

FORMAT: Final = 2  # of this file; another one is rebuilt
BLOCK: Final = 4096  # rows that share a checksum
_PAGE: Final = 4096  # bytes of the header
ATTACHMENT: Final = 1 << 19  # bytes of the data that belongs to all rows

Buffer = mmap.mmap | bytearray
Layout = Mapping[str, tuple[str, int]]
"""Name of each column: numpy data type and number of values in a row."""


class DamagedFileError(Exception):
    """The file is missing, torn, or of another format or purpose."""


class Header(msgspec.Struct):
    """State of a column file."""

    format: int
    purpose: str
    capacity: int
    count: int
    sequence: int
    attached: int  # bytes
    attached_crc: int
    dirty: bool


class ColumnFile:
    """Columns over a buffer: a memory-mapped file, or memory where no file can be written.

    Made by `create`, `open` or `in_memory`.

    Parameters
    ----------
    buffer : mmap or bytearray
    layout : mapping
    header : Header
    """

    def __init__(self, buffer: Buffer, layout: Layout, header: Header) -> None:
        self._buffer = buffer
        self.layout = layout
        self.header = header
        self.columns: dict[str, NDArray[Any]] = {}
        capacity = header.capacity
        self._checksums = np.frombuffer(buffer, np.uint32, capacity // BLOCK, _PAGE + ATTACHMENT)
        for name, kind, width, offset in _places(layout, capacity):
            column = np.frombuffer(buffer, kind, capacity * width, offset)
            self.columns[name] = column.reshape(width, capacity) if width > 1 else column

    @classmethod
    def in_memory(cls, layout: Layout, purpose: str, capacity: int) -> Self:
        """Return columns that no file keeps."""
        capacity = _whole_blocks(capacity)
        return cls(bytearray(_size(layout, capacity)), layout, _blank(purpose, capacity))

    @classmethod
    def create(cls, path: Path, layout: Layout, purpose: str, capacity: int) -> Self:
        """Create a file of zeros in place of what is at *path*.

        Raises
        ------
        OSError
            It cannot be written, or the disk is full.
        """
        capacity = _whole_blocks(capacity)
        partial = path.with_name(path.name + ".partial")
        size = _size(layout, capacity)
        try:
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            try:
                _allocate(descriptor, size)
                buffer = mmap.mmap(descriptor, size)
            finally:
                os.close(descriptor)
            columns = cls(buffer, layout, _blank(purpose, capacity))
            columns.commit(0)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        return columns

    @classmethod
    def open(cls, path: Path, layout: Layout, purpose: str) -> Self:
        """Open a file.

        Raises
        ------
        DamagedFileError
            It is not there, of another format or purpose, was left in the middle of a change, or a checksum differs.
        """
        try:
            with path.open("r+b") as file:
                buffer = mmap.mmap(file.fileno(), 0)
        except (OSError, ValueError) as error:
            raise DamagedFileError(f"cannot be opened: {error}") from error
        return cls._checked(buffer, layout, purpose)

    @classmethod
    def read(cls, path: Path, layout: Layout, purpose: str) -> Self:
        """Read a file that another process may be changing into memory; later changes stay there.

        Raises
        ------
        DamagedFileError
            As for `open`; also if it was changed while it was read.
        """
        try:
            buffer = bytearray(path.read_bytes())
        except OSError as error:
            raise DamagedFileError(f"cannot be read: {error}") from error
        return cls._checked(buffer, layout, purpose)

    @classmethod
    def _checked(cls, buffer: Buffer, layout: Layout, purpose: str) -> Self:
        header = _read_header(buffer)
        if (header.format, header.purpose) != (FORMAT, purpose):
            raise DamagedFileError("made by another version")
        if header.dirty or len(buffer) != _size(layout, header.capacity) or header.count > header.capacity:
            raise DamagedFileError("left in the middle of a change")
        columns = cls(buffer, layout, header)
        columns._verify()
        return columns

    @property
    def attachment(self) -> bytes:
        """Data that belongs to all rows."""
        start = _PAGE
        return bytes(self._buffer[start : start + self.header.attached])

    def begin(self) -> None:
        """Mark the file as being changed; without a later `commit` it counts as damaged."""
        self.header.dirty = True
        self._write_header()

    def attach(self, data: bytes) -> None:
        """Replace the data that belongs to all rows; between `begin` and `commit`."""
        if len(data) > ATTACHMENT:
            raise ValueError(f"{len(data)} bytes do not fit into {ATTACHMENT}")
        self._buffer[_PAGE : _PAGE + len(data)] = data
        self.header.attached, self.header.attached_crc = len(data), zlib.crc32(data)

    def commit(self, count: int, sequence: int = 0, rows: NDArray[np.integer] | None = None) -> None:
        """End a change.

        Parameters
        ----------
        count : int
            Rows in use from now on.
        sequence : int
            Position in the change log of the database that the rows stand for.
        rows : ndarray, optional
            Rows that were changed; all if not given.
        """
        self.header.count = count
        blocks = np.arange(-(-count // BLOCK)) if rows is None else np.unique(rows // BLOCK)
        for block in blocks.tolist():
            self._checksums[block] = self._checksum(block)
        self.header.sequence, self.header.dirty = sequence, False
        self._write_header()

    def copy_from(self, other: "ColumnFile") -> None:
        """Take over the rows in use and the attachment of a file of the same layout; between `begin` and `commit`."""
        count = other.header.count
        for name, column in self.columns.items():
            column[..., :count] = other.columns[name][..., :count]
        self.attach(other.attachment)

    def _verify(self) -> None:
        if zlib.crc32(self.attachment) != self.header.attached_crc:
            raise DamagedFileError("a checksum differs")
        for block in range(-(-self.header.count // BLOCK)):
            if self._checksums[block] != self._checksum(block):
                raise DamagedFileError("a checksum differs")

    def _checksum(self, block: int) -> int:
        rows, value = slice(block * BLOCK, (block + 1) * BLOCK), 0
        for column in self.columns.values():
            for part in np.atleast_2d(column):
                value = zlib.crc32(part[rows].data, value)
        return value

    def _write_header(self) -> None:
        data = msgspec.msgpack.encode(self.header)
        framed = len(data).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little") + data
        self._buffer[: len(framed)] = framed


def _read_header(buffer: Buffer) -> Header:
    size, checksum = int.from_bytes(buffer[:4], "little"), int.from_bytes(buffer[4:8], "little")
    data = bytes(buffer[8 : 8 + min(size, _PAGE)])
    if len(data) != size or zlib.crc32(data) != checksum:
        raise DamagedFileError("its header is damaged")
    try:
        return msgspec.msgpack.decode(data, type=Header)
    except msgspec.DecodeError as error:
        raise DamagedFileError("its header is damaged") from error


def _blank(purpose: str, capacity: int) -> Header:
    return Header(FORMAT, purpose, capacity, 0, 0, 0, 0, dirty=True)


def _whole_blocks(capacity: int) -> int:
    return max(1, -(-capacity // BLOCK)) * BLOCK


def _places(layout: Layout, capacity: int) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, data type, width and byte offset of each column."""
    offset = _PAGE + ATTACHMENT + _aligned(capacity // BLOCK * 4)
    for name, (kind, width) in layout.items():
        yield name, kind, width, offset
        offset += _aligned(np.dtype(kind).itemsize * width * capacity)


def _size(layout: Layout, capacity: int) -> int:
    columns = sum(_aligned(np.dtype(kind).itemsize * width * capacity) for kind, width in layout.values())
    return _PAGE + ATTACHMENT + _aligned(capacity // BLOCK * 4) + columns


def _aligned(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _allocate(descriptor: int, size: int) -> None:
    """Reserve the room on disk: writing to a sparse mapping on a full disk would end the process."""
    os.truncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    for start in range(0, size, 1 << 20):
        os.write(descriptor, bytes(min(1 << 20, size - start)))
