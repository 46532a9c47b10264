"""The settings file, edited: values are replaced, everything else in the text stays as it is."""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..errors import RequestError
from ..files.atomic import open_folder, replacing

_LONGEST: Final = 1_000  # lines of one value


class SettingsText(NamedTuple):
    """Content of the settings file; ``version`` changes with it."""

    text: str
    version: str
    values: dict[str, Any]


class SettingsFile:
    """The TOML file with the settings; it need not exist.

    Parameters
    ----------
    path : Path
        Absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> SettingsText:
        """Return the content of the file. Blocking.

        Raises
        ------
        RequestError
            409: the file cannot be read or is not TOML.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise _unusable(f"{self.path} cannot be read: {error.strerror}.") from error
        try:
            text = data.decode("utf-8")
            values = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise _unusable(f"{self.path} is not valid TOML: {error}.") from error
        return SettingsText(text, hashlib.sha256(data).hexdigest()[:16], values)

    def write(self, version: str, changes: Mapping[str, Any]) -> SettingsText:
        """Replace values and return the new content. Blocking.

        Parameters
        ----------
        version : str
            Of the content that the changes are meant for.
        changes : mapping
            New values; None removes a setting, so that its default applies.

        Raises
        ------
        RequestError
            409: the file has another version, cannot be edited, or cannot be written.
        """
        found = self.read()
        if found.version != version:
            raise RequestError(409, "settings_changed", "The settings were changed elsewhere in the meantime.")
        text = found.text
        for name, value in changes.items():
            text = replaced(text, name, value)
        expected = {name: value for name, value in {**found.values, **changes}.items() if value is not None}
        try:
            if tomllib.loads(text) != expected:
                raise ValueError
            data = text.encode("utf-8")
        except ValueError as error:
            raise _unusable(f"{self.path} cannot be edited safely; edit it by hand.") from error
        try:
            self._replace(data)
        except OSError as error:
            raise _unusable(f"{self.path} cannot be written: {error.strerror}. Nothing was changed.") from error
        return self.read()

    def _replace(self, data: bytes) -> None:
        path = self.path.resolve()  # a link stays a link
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600  # it may hold the token
        with open_folder(os.fsencode(path.parent)) as folder:
            assert folder is not None  # noqa: S101 - no restriction was given
            with replacing(folder, os.fsencode(path.name), mode) as file:
                file.write(data)


def replaced(text: str, name: str, value: Any) -> str:
    """Return a TOML text with the value of a top-level key replaced; comments and other keys stay.

    Parameters
    ----------
    text : str
    name : str
        A bare key.
    value : str, int, float, bool, list of str or None
        None removes the key.
    """
    lines = text.splitlines(keepends=True)
    end_of_top = next((index for index, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    new = "" if value is None else f"{name} = {written(value)}\n"
    for start in range(end_of_top):
        if re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", lines[start]):
            return "".join([*lines[:start], new, *lines[_end(lines, start) :]])
    if not new:
        return text
    before = "".join(lines[:end_of_top])
    gap = "\n" if before and not before.endswith("\n") else ""
    return f"{before}{gap}{new}{''.join(lines[end_of_top:])}"


def _end(lines: list[str], start: int) -> int:
    """Return the index of the line after the assignment that starts at a line."""
    for end in range(start + 1, min(len(lines), start + _LONGEST) + 1):
        try:
            tomllib.loads("".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return start + 1


def written(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, list):
        return f"[{', '.join(written(item) for item in value)}]"
    # a JSON string is a TOML string, except that TOML also escapes DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _unusable(sentence: str) -> RequestError:
    return RequestError(409, "settings_file", sentence)
