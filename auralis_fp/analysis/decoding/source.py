"""Opening a file without trusting its name or kind."""

import contextlib
import errno
import io
import os
from collections.abc import Sequence
from typing import Final

from ...errors import ScanError
from ...files.descriptors import is_within
from ...files.id3 import id3v2_end
from ...files.regular import NotRegularFileError, open_regular

HEAD_BYTES: Final = 4096
_MAX_TAGS: Final = 16
_NOT_THE_DISK: Final = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL))


class Source:
    """A regular file open for reading, seen from behind the ID3 tags it may begin with.

    Has ``read``, ``seek`` and ``tell`` of a raw binary file. A failure of the disk or network while reading looks like
    the end of the file to its readers and is kept in ``error``.

    Parameters
    ----------
    path : bytes
        As the operating system spells it; any bytes, any length.
    bounds : sequence of bytes
        Folders, free of links, one of which the file must lie below once it is open; none: anywhere.

    Raises
    ------
    ScanError
        ``missing``, ``outside_roots``, ``unreadable`` (not allowed), ``io_error`` (disk or network) or ``not_regular``.
    """

    def __init__(self, path: bytes, bounds: Sequence[bytes] = ()) -> None:
        self._file = io.FileIO(_open_regular(path))
        if bounds and not is_within(self._file.fileno(), path, bounds):
            self._file.close()
            raise ScanError("outside_roots", "The file lies outside the music folders.")
        self.error: OSError | None = None
        self.size = 0
        self.start = 0
        try:
            self.size = os.fstat(self._file.fileno()).st_size
            self.start = self._behind_tags()
        except OSError as error:
            self._file.close()
            raise _unreadable(error) from None
        self.seek(0)
        self.head = self.read(HEAD_BYTES)
        self.seek(0)

    def fileno(self) -> int:
        """The file's descriptor; its position is that of the last ``seek`` or ``read``, plus ``start``."""
        return self._file.fileno()

    def read(self, size: int) -> bytes:
        """Read at most *size* bytes; nothing at the end, or once the disk has failed."""
        try:
            return self._file.read(size) or b""
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and return the new position; negative, as libav wants it, if there is no such place."""
        if whence == os.SEEK_SET:
            offset += self.start
        try:
            return self._file.seek(offset, whence) - self.start
        except (OSError, OverflowError):
            return -errno.EINVAL

    def tell(self) -> int:
        """Bytes from the first byte behind the tags."""
        return self._file.tell() - self.start

    def close(self) -> None:
        """Close the file. May be called twice."""
        with contextlib.suppress(OSError):
            self._file.close()

    def check(self) -> None:
        """Raise ``ScanError`` if reading failed since the file was opened."""
        if self.error is not None:
            raise _unreadable(self.error) from self.error

    def _behind_tags(self) -> int:
        """Position behind all ID3v2 tags; one that claims to be longer than the file ends with its header."""
        position = id3v2_end(self._read_at, _MAX_TAGS)
        return position if position < self.size else min(10, self.size)

    def _read_at(self, position: int, size: int) -> bytes:
        self._file.seek(position)
        return self._file.read(size) or b""


def _open_regular(path: bytes) -> int:
    """Open *path* for reading if it is a regular file; never waits for a pipe's other end."""
    try:
        return open_regular(path)
    except NotRegularFileError as error:
        raise ScanError("not_regular", str(error)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise ScanError("missing", "The file is not there.") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _unreadable(error) from None


def _unreadable(error: OSError | ValueError) -> ScanError:
    reason = error.strerror if isinstance(error, OSError) else None
    code = "io_error" if isinstance(error, OSError) and error.errno not in _NOT_THE_DISK else "unreadable"
    return ScanError(code, f"The file cannot be read: {(reason or 'bad name').lower()}.")
