"""The settings as the page shows and changes them: values, origins, and what needs a restart."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import RequestError, SettingsError
from ..runtime.payloads import Payload
from ..settings import ENVIRONMENT_PREFIX, FILE_NAME, Settings, converted
from .settings_file import SettingsFile, SettingsText

Origin = Literal["default", "file", "environment", "program"]
EDITABLE: Final = (
    "libraries",
    "quiet_hours",
    "busy_percent",
    "workers",
    "sidecars",
    "ignore",
    "system_folders",
    "follow_links_to",
    "watching",
)
IMMEDIATE: Final = frozenset({"libraries", "quiet_hours"})  # the others need a restart


class Preference(Payload, frozen=True):
    """One setting. `value` is that of the settings file or, without one, the value in use.

    `origin` tells where the value in use comes from; one from the `environment` or the `program` cannot be changed
    here. `restart` is true if a change takes effect at the next start, `pending` if there is such a change.
    """

    name: str
    value: list[str] | str | int | float
    default: list[str] | str | int | float
    origin: Origin
    restart: bool
    pending: bool


class Preferences(Payload, frozen=True):
    """The settings that can be changed, the file that holds them, and its version."""

    items: list[Preference]
    file: str
    version: str


class PreferenceStore:
    """Reads and changes the settings file of a running service.

    Parameters
    ----------
    settings : Settings
        As at the start.
    """

    def __init__(self, settings: Settings) -> None:
        self.file = SettingsFile(Path(FILE_NAME).absolute())
        self._settings = settings
        self._environment = frozenset(
            name.removeprefix(ENVIRONMENT_PREFIX).lower() for name in os.environ if name.startswith(ENVIRONMENT_PREFIX)
        )
        try:
            self._from_file: Mapping[str, Any] = self.file.read().values
        except RequestError:  # the settings were not read from it
            self._from_file = {}
        self._lock = asyncio.Lock()

    async def read(self) -> Preferences:
        """Return the settings.

        Raises
        ------
        RequestError
            409: the file cannot be read.
        """
        return await asyncio.to_thread(lambda: self._described(self.file.read()))

    async def change(self, version: str, changes: Mapping[str, Any], in_use: Settings) -> tuple[Preferences, Settings]:
        """Change settings in the file. Return them all, and the settings that hold after a restart.

        Parameters
        ----------
        version : str
            Of the settings that the changes are meant for.
        changes : mapping
            New values by name; None restores the default.
        in_use : Settings

        Raises
        ------
        RequestError
            400: a value is invalid. 409: the settings have another version, a setting is given by the environment or
            the program, or the file cannot be written.
        """
        async with self._lock:
            return await asyncio.to_thread(self._change, version, changes, in_use)

    def _change(self, version: str, changes: Mapping[str, Any], in_use: Settings) -> tuple[Preferences, Settings]:
        self._require_editable(self.file.read(), changes)
        changed = _validated(in_use, changes)
        text = self.file.write(version, {name: _plain(value) for name, value in changes.items()})
        return self._described(text), changed

    def _require_editable(self, text: SettingsText, changes: Mapping[str, Any]) -> None:
        origins = {one.name: one.origin for one in self._described(text).items}
        for name in changes:
            if name not in origins:
                sentence = f"{name}: not a setting that can be changed here."
                raise RequestError(400, "bad_field", sentence, {"field": name})
            if origins[name] in {"environment", "program"}:
                sentence = f"{name} is set by the {origins[name]} and cannot be changed here."
                raise RequestError(409, "setting_fixed", sentence, {"field": name})

    def _described(self, text: SettingsText) -> Preferences:
        items = [self._preference(name, text.values) for name in EDITABLE]
        return Preferences(items, str(self.file.path), text.version)

    def _preference(self, name: str, values: Mapping[str, Any]) -> Preference:
        running, default = _plain(getattr(self._settings, name)), _plain(DEFAULTS[name])
        origin = self._origin(name, running, default)
        fixed = origin in {"environment", "program"}
        value = running if fixed else _plain(values.get(name, default))
        return Preference(
            name=name,
            value=value,
            default=default,
            origin=origin if fixed else ("file" if name in values else "default"),
            restart=name not in IMMEDIATE,
            pending=name not in IMMEDIATE and value != running,
        )

    def _origin(self, name: str, running: Any, default: Any) -> Origin:
        """Return where the value in use comes from; a value equal to that of the file counts as its."""
        if name in self._environment:
            return "environment"
        if name in self._from_file:
            same = _plain(converted(name, self._from_file[name])) == running
            return "file" if same else "program"
        return "default" if running == default else "program"


def _validated(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return settings with changes. Blocking: the folders are looked at."""
    kept = {spec.name: getattr(settings, spec.name) for spec in fields(settings)}
    try:
        return Settings(**kept | {name: DEFAULTS[name] if value is None else value for name, value in changes.items()})
    except SettingsError as error:
        raise RequestError(400, "bad_field", f"{error}.", {"field": error.field}) from None


def _plain(value: Any) -> Any:
    """Return a value as JSON and TOML have it."""
    if isinstance(value, list | tuple):
        return [os.fspath(item) for item in value]
    return value


def _defaults() -> dict[str, Any]:
    empty = Settings()
    return {name: getattr(empty, name) for name in EDITABLE}


DEFAULTS: Final = _defaults()
