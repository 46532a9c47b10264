"""Sentences on a scheduler that cannot be reached."""

import ssl
from pathlib import Path

import dask
import pytest

from auralis_fp.cluster.reasons import explain


def raised_from(cause: BaseException) -> OSError:
    """Return an error with a cause, as Dask raises it."""
    error = OSError("Timed out trying to connect")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "tcp://h:1 does not answer."),
        (OSError("Timed out after 5 s"), "tcp://h:1 cannot be reached: Timed out after 5 s."),
        (raised_from(TimeoutError()), "tcp://h:1 cannot be reached: Timed out trying to connect."),
        (raised_from(OSError("in <TCP local=a>: gone")), "tcp://h:1 cannot be reached: gone."),
        (ConnectionResetError(104, "Connection reset by peer"), "perhaps it uses TLS"),
        (TypeError("TLS expects a `ssl_context` argument"), "TLS is not configured here"),
        (ssl.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "not signed by the authority"),
        (ssl.SSLError("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert"), "does not accept the certificate of this machine"),
        (raised_from(ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong")), "does not use TLS"),
        (ValueError(), "cannot be reached: ValueError."),
    ],
)
def test_what_users_read(error: BaseException, sentence: str) -> None:
    """The sentence names the address and the reason."""
    assert sentence in explain("tcp://h:1", error)


def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    """Errors of OpenSSL do not name the file."""
    with dask.config.set({"distributed.comm.tls.ca-file": str(tmp_path / "ca.pem")}):
        assert f"{tmp_path / 'ca.pem'}, which is distributed.comm.tls.ca-file" in explain(
            "tls://h:1", FileNotFoundError(2, "No such file or directory")
        )
