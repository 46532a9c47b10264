"""Signatures of sidecars, with a key that never leaves the data folder.

A signature tells a sidecar of this installation from one that came with the music. It does not say that the sidecar
belongs to the file: the stamp and the payload digest do.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Any, Final

from ..files.atomic import open_folder
from ..files.regular import open_regular
from ..runtime.serialization import to_json

KEY_NAME: Final = "sidecar.key"
KEY_BYTES: Final = 32
FIELD: Final = "signature"


def load_key(data_dir: Path, *, create: bool) -> bytes | None:
    """Return the key of a data folder, or None if there is none or it cannot be read. Blocking.

    Parameters
    ----------
    data_dir : Path
    create : bool
        Create the key, readable by its owner only, if there is none.
    """
    try:
        return _read(data_dir)
    except FileNotFoundError:
        return _create(data_dir) if create else None
    except OSError:
        return None


def sign(document: dict[str, Any], key: bytes) -> dict[str, Any]:
    """Return the document with its signature, HMAC-SHA256 over the JSON of all other fields.

    Parameters
    ----------
    document : dict
    key : bytes
    """
    return document | {FIELD: _signature(document, key)}


def is_signed(document: Any, key: bytes | None) -> bool:
    """Return True if the document carries the signature of the key.

    Parameters
    ----------
    document : object
        JSON value of unknown origin.
    key : bytes or None
    """
    if key is None or not isinstance(document, dict) or not isinstance(document.get(FIELD), str):
        return False
    fields = {name: value for name, value in document.items() if name != FIELD}
    try:
        expected = _signature(fields, key)
    except (ValueError, RecursionError):  # such as NaN, which we never write
        return False
    return hmac.compare_digest(expected.encode("ascii"), document[FIELD].encode("ascii", "replace"))


def _signature(document: dict[str, Any], key: bytes) -> str:
    return hmac.new(key, to_json(document).encode("ascii"), hashlib.sha256).hexdigest()


def _read(data_dir: Path) -> bytes | None:
    descriptor = open_regular(bytes(data_dir / KEY_NAME), follow=False)
    try:
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    return key if len(key) == KEY_BYTES else None


def _create(data_dir: Path) -> bytes | None:
    """Create a key, unless another process does at the same moment."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_folder(bytes(data_dir)) as folder:
            if folder is not None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
                name = folder.named(KEY_NAME.encode("ascii"))
                descriptor = os.open(name, flags, 0o600, dir_fd=folder.descriptor)
                try:
                    os.write(descriptor, os.urandom(KEY_BYTES))
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
    except FileExistsError:
        pass
    except OSError:
        return None
    return _read(data_dir)
