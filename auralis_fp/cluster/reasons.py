"""Why a scheduler cannot be reached, in a sentence for users."""

import os
import re
from typing import Final

import dask

_OBJECT: Final = re.compile(r"in <[^>]*>: ")  # Dask's errors name the object of a connection
_FILES: Final = ("ca-file", *(f"{role}.{part}" for role in ("client", "worker") for part in ("cert", "key")))
_LONGEST: Final = 500  # characters of an error that is quoted
_TLS: Final = "distributed.comm.tls"
_KNOWN: Final = (
    ("ssl_context", f"TLS is not configured here; set {_TLS} in Dask's configuration"),
    ("CERTIFICATE_VERIFY_FAILED", f"its certificate is not signed by the authority in {_TLS}.ca-file"),
    ("certificate does not match", f"its certificate is not signed by the authority in {_TLS}.ca-file"),
    ("ALERT", "it does not accept the certificate of this machine"),
    ("WRONG_VERSION_NUMBER", "it does not use TLS; the address of such a scheduler begins with tcp://"),
)
"""Parts of errors of OpenSSL and Dask, and what they mean."""


def explain(scheduler: str, error: BaseException) -> str:
    """Return the sentence why a scheduler cannot be reached.

    Parameters
    ----------
    scheduler : str
        Its address.
    error : BaseException
        What Dask has raised.
    """
    said = str(error.__cause__ or "") or str(error) or type(error).__name__
    text = _OBJECT.sub("", said).strip().rstrip(".")
    if isinstance(error, TimeoutError) and error.__cause__ is None and not str(error):
        return f"{scheduler} does not answer."
    meaning = next((meaning for part, meaning in _KNOWN if part.lower() in text.lower()), "") or _unreadable(error)
    if not meaning and "reset by peer" in text and scheduler.startswith("tcp:"):
        text += "; perhaps it uses TLS, then its address begins with tls://"
    return f"{scheduler} cannot be reached: {meaning or text[:_LONGEST]}."


def _unreadable(error: BaseException) -> str:
    """Return which file of the TLS configuration cannot be read, if that is the reason."""
    if not isinstance(error.__cause__ or error, FileNotFoundError | PermissionError):
        return ""
    for name in _FILES:
        file = dask.config.get(f"{_TLS}.{name}", None)
        if isinstance(file, str) and not os.access(file, os.R_OK):
            return f"{file}, which is {_TLS}.{name} in Dask's configuration, cannot be read"
    return ""
