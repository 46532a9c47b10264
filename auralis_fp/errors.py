"""Exceptions, by stage.

::

    AuralisError
    ├── SettingsError     a setting is unknown or invalid
    ├── StorageError      the database or the data folder cannot be used
    ├── FileError         one file cannot be analysed; stored as a `Rejected`
    │   ├── ScanError     it is missing, unreadable, or not a regular file
    │   ├── DecodeError   it contains no audio that can be decoded
    │   ├── AnalysisError its audio cannot be described
    │   └── CoverError    its cover cannot be shown
    └── RequestError      an HTTP request cannot be answered; has a status

Except for the root and ``SettingsError``, every class has a machine-readable ``code`` beside the message.
"""

from typing import Any, ClassVar, Final


class AuralisError(Exception):
    """Base of all exceptions that this package raises."""


class SettingsError(AuralisError):
    """A setting is unknown or has an invalid value; ``field`` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


CORRUPT: Final = "corrupt_database"  # code of the storage error that damaged pages raise


class StorageError(AuralisError):
    """The database or the data folder cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FileError(AuralisError):
    """One file cannot be analysed; ``stage`` and ``code`` are stored with the failure."""

    stage: ClassVar[str] = "file"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ScanError(FileError):
    """The file is missing, unreadable, not a regular file, or outside the library."""

    stage = "scan"


class DecodeError(FileError):
    """The file contains no audio that can be decoded: ``unsupported``, ``no_audio``, ``corrupt``, ..."""

    stage = "decode"


class AnalysisError(FileError):
    """The decoded audio cannot be described: ``too_short``, ``non_finite``."""

    stage = "analysis"


class CoverError(FileError):
    """A picture cannot be shown: ``unsupported``, ``limits``, ``corrupt``."""

    stage = "cover"


class RequestError(AuralisError):
    """An HTTP request cannot be answered; the JSON error body derives from it.

    Parameters
    ----------
    status : int
        HTTP status, 400 to 599.
    code : str
        Machine-readable reason, e.g. ``file_not_found``.
    message : str
        Sentence for the user; never a traceback.
    detail : dict, optional
        Further JSON values.
    """

    def __init__(self, status: int, code: str, message: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail or {}
