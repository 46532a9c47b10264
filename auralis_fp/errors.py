"""What can go wrong, by stage.

::

    AuralisError
    ├── SettingsError     a setting is unknown or bad                    at start
    ├── StorageError      database or data directory cannot be used      store
    ├── FileError         one file cannot be used; it becomes `Rejected`, never a crash
    │   ├── ScanError     it is not there, not readable, not a regular file
    │   ├── DecodeError   no audio could be read from it
    │   └── AnalysisError it decodes, but cannot be described
    └── RequestError      a request that cannot be answered; carries its HTTP status

Every class but the root carries a machine-readable ``code`` and a sentence for a person.
"""

from typing import Any, ClassVar


class AuralisError(Exception):
    """Anything this package raises on purpose."""


class SettingsError(AuralisError):
    """A setting is unknown, of the wrong type, or cannot be used; ``field`` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class StorageError(AuralisError):
    """The database or its directory cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FileError(AuralisError):
    """One file cannot be used. ``stage`` and ``code`` are stored with the failure and shown."""

    stage: ClassVar[str] = "file"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ScanError(FileError):
    """The file is missing, unreadable, not a regular file, or outside the library."""

    stage = "scan"


class DecodeError(FileError):
    """No usable audio could be read: ``unsupported``, ``no_audio``, ``corrupt``, ``non_finite``, ..."""

    stage = "decode"


class AnalysisError(FileError):
    """The audio decodes, but cannot be described: ``too_short``, ``non_finite``."""

    stage = "analysis"


class RequestError(AuralisError):
    """A request that cannot be answered; the one JSON error shape is made from it.

    Parameters
    ----------
    status : int
        HTTP status, 400 to 599.
    code : str
        Machine-readable reason, e.g. ``file_not_found``.
    message : str
        Sentence for a person; never holds a traceback.
    detail : dict, optional
        Further plain values.
    """

    def __init__(self, status: int, code: str, message: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail or {}
