"""Safe access to the bytes of a file."""

import contextlib
import errno
import io
import os
from collections.abc import Sequence
from typing import Final

from ...errors import ScanError
from ...files.content_id import payload_digest
from ...files.encryption import encryption_scheme
from ...files.id3 import id3v2_end
from ...files.opening import open_file, unreadable
from ...models import FileStamp

HEAD_BYTES: Final = 4096
_MAX_TAGS: Final = 16
_MAX_PADDING: Final = 64 << 20
_PADDING_BLOCK: Final = 1 << 20


class Source:
    """A regular file open for reading, without the ID3 tags and the padding at its start.

    Has ``read``, ``seek`` and ``tell`` of a raw binary file. An I/O error while reading looks like the end of the file
    to the decoders and is kept in ``error``.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which the source closes.
    bounds : sequence of bytes
        Folders without symbolic links; a file opened by its path must lie below one of them. Empty: no restriction.

    Raises
    ------
    ScanError
        ``missing``, ``outside_roots``, ``unreadable`` (not allowed), ``io_error`` (disk or network) or ``not_regular``.
    """

    def __init__(self, file: bytes | int, bounds: Sequence[bytes] = ()) -> None:
        self._file = io.FileIO(open_file(file, bounds))
        self.error: OSError | None = None
        self.size = 0
        self.start = 0
        try:
            status = os.fstat(self._file.fileno())
            self.size, self._stamp = status.st_size, FileStamp.of(status)
            self.start = self._audio_start()
        except OSError as error:
            self._file.close()
            raise unreadable(error) from None
        self.seek(0)
        self.head = self.read(HEAD_BYTES)
        self.seek(0)

    def fileno(self) -> int:
        """Return the file descriptor; its position is that of the last ``seek`` or ``read``, plus ``start``."""
        return self._file.fileno()

    def read(self, size: int) -> bytes:
        """Read at most *size* bytes; empty at the end and after an I/O error."""
        try:
            data = self._file.read(size) or b""
            if not data and size > 0 and self._file.tell() < os.fstat(self._file.fileno()).st_size:
                raise OSError(errno.EIO, "no data before the end of the file")
        except OSError as error:
            self.error = error
            return b""
        return data

    def read_at(self, position: int, size: int) -> bytes:
        """Read at most *size* bytes at a position; empty where the file does not reach.

        Parameters
        ----------
        position, size : int
            In bytes.
        """
        return self.read(size) if self.seek(position) == position else b""

    @property
    def encryption(self) -> str | None:
        """Name of the encryption that the container marks; None for audio that is not encrypted."""
        try:
            return encryption_scheme(self._file, self.start, self.size)
        except OSError as error:
            raise unreadable(error) from None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek and return the new position; negative, as libav expects, if the position is invalid.

        Parameters
        ----------
        offset : int
            In bytes.
        whence : int
            As for ``io.RawIOBase.seek``.
        """
        if whence == os.SEEK_SET:
            offset += self.start
        try:
            return self._file.seek(offset, whence) - self.start
        except (OSError, OverflowError):
            return -errno.EINVAL

    def tell(self) -> int:
        """Return the position, counted from the first byte after the tags."""
        return self._file.tell() - self.start

    def close(self) -> None:
        """Close the file. May be called twice."""
        with contextlib.suppress(OSError):
            self._file.close()

    def payload_digest(self) -> bytes | None:
        """Return the digest of the file's payload; None if the file changed since it was opened.

        Raises
        ------
        ScanError
            ``io_error``: the disk or network failed.
        """
        try:
            digest = payload_digest(self._file)
            unchanged = FileStamp.of(os.fstat(self.fileno())) == self._stamp
        except OSError as error:
            raise unreadable(error) from None
        return digest if unchanged else None

    def check(self) -> None:
        """Raise ``ScanError`` if reading has failed, or the file has become shorter, since it was opened."""
        if self.error is not None:
            raise unreadable(self.error) from self.error
        if os.fstat(self.fileno()).st_size < self.size:
            raise ScanError("file_changed", "The file became shorter while it was read.")

    def _audio_start(self) -> int:
        """Return the position after ID3v2 tags and zeros; of a tag longer than the file only the header is skipped."""
        position = id3v2_end(self._raw_at, _MAX_TAGS)
        if position >= self.size:
            return min(10, self.size)
        padding = self._zeros_at(position)
        return position + padding if padding < min(_MAX_PADDING, self.size - position) else position

    def _zeros_at(self, position: int) -> int:
        """Return the number of zeros from a position on, if they fill at least the head of a file."""
        count = 0
        while count < _MAX_PADDING:
            block = self._raw_at(position + count, _PADDING_BLOCK if count else HEAD_BYTES)
            rest = block.lstrip(b"\0")
            if rest or not block:
                return count + len(block) - len(rest) if count else 0
            count += len(block)
        return count

    def _raw_at(self, position: int, size: int) -> bytes:
        self._file.seek(position)
        return self._file.read(size) or b""
