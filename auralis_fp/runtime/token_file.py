"""The file with the automatic token of a service, in its data folder."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from ..errors import SettingsError

NAME: Final = "token"
_LEAST: Final = 16  # characters


def read_token(data_dir: Path) -> str | None:
    """Return the token of the service with this data folder; None if it has none, or is another user's. Blocking."""
    try:
        return (data_dir / NAME).read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def kept_token(data_dir: Path) -> str:
    """Return the token of the service with this data folder, made at the first call. Blocking.

    Only the owner can read the file.

    Raises
    ------
    SettingsError
        The file holds no token.
    OSError
        The file cannot be read or written.
    """
    path = data_dir / NAME
    data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    path.chmod(0o600)
    token = path.read_text(encoding="ascii").strip()
    if len(token) < _LEAST:
        raise SettingsError("token", f"{path} holds no token; remove the file to get a new one")
    return token
