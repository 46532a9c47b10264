"""Opening a file for analysis, with the reason if it cannot be opened."""

import errno
import os
from collections.abc import Sequence
from typing import Final

from ..errors import ScanError
from .descriptors import is_within
from .regular import NotRegularFileError, open_regular, require_regular

_NOT_THE_DISK: Final = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL))
_SHORTAGE: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))


def open_file(file: bytes | int, bounds: Sequence[bytes] = ()) -> int:
    """Open a regular file for reading and return its descriptor.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which is returned if it is regular.
    bounds : sequence of bytes
        Folders without symbolic links; the opened file must lie below one of them. Empty: no restriction.

    Raises
    ------
    ScanError
        ``missing``, ``outside_roots``, ``unreadable`` (not allowed), ``io_error`` (disk or network) or ``not_regular``.
    OSError
        The system has no descriptor or memory left, which is not the fault of the file.
    """
    try:
        if isinstance(file, int):
            require_regular(os.fstat(file))
            return file
        descriptor = open_regular(file)
    except NotRegularFileError as error:
        raise ScanError("not_regular", str(error)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise ScanError("missing", "The file does not exist.") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        if isinstance(error, OSError) and error.errno in _SHORTAGE:
            raise
        raise unreadable(error) from None
    if bounds and not is_within(descriptor, file, bounds):
        os.close(descriptor)
        raise ScanError("outside_roots", "The file lies outside the music folders.")
    return descriptor


def unreadable(error: OSError | ValueError) -> ScanError:
    """Return the error of a file that cannot be opened or read."""
    reason = error.strerror if isinstance(error, OSError) else None
    code = "io_error" if isinstance(error, OSError) and error.errno not in _NOT_THE_DISK else "unreadable"
    return ScanError(code, f"The file cannot be read: {(reason or 'bad name').lower()}.")
