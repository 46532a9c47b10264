"""Conversion of values from code, text or TOML to the types of the settings."""

import os
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal

from ..errors import SettingsError


def typed(name: str, value: Any, kind: Any) -> Any:
    """Return a value as the type that its setting declares.

    Parameters
    ----------
    name : str
        The setting.
    value : Any
        From code, from the text of a variable, or from TOML.
    kind : type

    Raises
    ------
    SettingsError
        The value cannot be converted.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is UnionType:  # optional
        return None if value in (None, "") else typed(name, value, arguments[0])
    if origin is tuple:
        if value is None or (isinstance(value, os.PathLike) and arguments[0] is Path):
            value = [] if value is None else [value]
        if isinstance(value, str):
            value = [part for part in value.split(os.pathsep if arguments[0] is Path else ",") if part]
        if not isinstance(value, list | tuple):
            raise SettingsError(name, f"expected a list, got {value!r}")
        return tuple(typed(name, item, arguments[0]) for item in value)
    if origin is Literal:
        if value not in arguments:
            raise SettingsError(name, f"{value!r} is not one of {', '.join(map(str, arguments))}")
        return value
    return _CONVERTERS[kind](name, value)


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise SettingsError(name, f"expected a path, got {value!r}")
    try:
        return Path(os.path.abspath(Path(value).expanduser()))  # noqa: PTH100 - absolute() keeps "..", resolve() links
    except RuntimeError as error:
        raise SettingsError(name, f"{value}: the home folder is unknown") from error


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingsError(name, f"expected text, got {value!r}")
    return value


def _flag(name: str, value: Any) -> bool:
    known = {True: True, False: False, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if not isinstance(value, bool | str) or value not in known:
        raise SettingsError(name, f"expected true or false, got {value!r}")
    return known[value]


def _number(kind: type) -> Callable[[str, Any], Any]:
    def convert(name: str, value: Any) -> Any:
        try:
            if isinstance(value, bool) or (kind is int and isinstance(value, float)):
                raise ValueError
            return kind(value)
        except (TypeError, ValueError):
            expected = "a whole number" if kind is int else "a number"
            raise SettingsError(name, f"expected {expected}, got {value!r}") from None

    return convert


_CONVERTERS: Final[Mapping[Any, Callable[[str, Any], Any]]] = {
    Path: _path,
    str: _text,
    bool: _flag,
    int: _number(int),
    float: _number(float),
}
