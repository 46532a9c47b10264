"""Settings: one immutable, validated object.

A value comes from code or the command line, from ``AURALIS_FP_<FIELD>`` in the environment, or from a TOML file, in
this order of precedence. ``--help`` and ``docs/settings.md`` show the help texts declared here.
"""

import os
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import SettingsError
from ..schema.parts import SUB_FINGERPRINTS, TIMBRE, PartKind
from .convert import typed

ENVIRONMENT_PREFIX: Final = "AURALIS_FP_"
FILE_NAME: Final = "auralis-fp.toml"

Sidecars = Literal["beside", "data-dir", "off"]
Seal = Literal["auto", "off"]
Kernels = Literal["auto", "compiled", "numpy"]
AccessMode = Literal["own-user", "host", "token"]
AUTO_TOKEN: Final = "auto"  # noqa: S105 - the word that asks for one
WorkHere = Literal["all", "requests", "nothing"]
_SCHEDULER = re.compile(r"|(tcp|tls|ws|wss)://[^/\s]+:\d{1,5}")
Watching = Literal["auto", "events", "polling", "off"]
SYSTEM_FOLDERS: Final = (
    *("$RECYCLE.BIN", "RECYCLER", "System Volume Information", "found.[0-9][0-9][0-9]"),  # Windows
    *("#recycle", "@Recycle", "@eaDir", "@tmp", "@sharebin", "@Recently-Snapshot", "#snapshot", "@SynoEAStream"),  # NAS
    *(".Trash", ".Trash-*", ".Trashes", "lost+found", ".snapshot", ".snapshots", "~snapshot", ".zfs"),
    *("Network Trash Folder", "Temporary Items", "TheVolumeSettingsFolder", ".@__thumb", "@__thumb"),
)
_TOKEN = re.compile(r"|auto|[!-~]{16,}")
_QUIET_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


NO_DATA_DIR: Final = Path(os.path.abspath("/"), "no-home-folder", ".auralis", "fingerprint")  # noqa: PTH100
"""The default of a user without home folder: nothing is read or written there."""


def _default_data_dir() -> Path:
    try:
        return Path.home() / ".auralis" / "fingerprint"
    except RuntimeError:  # no HOME, and no entry in the user database: common in containers
        return NO_DATA_DIR


def _help(text: str, **default: Any) -> Any:
    """Declare a field with its help text."""
    return field(metadata={"help": text}, **default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, validated on creation.

    Raises
    ------
    SettingsError
        A value has the wrong type or is out of range; ``field`` is the name of the setting.
    """

    libraries: tuple[Path, ...] = _help("music folders to watch; files outside them are never read", default=())
    data_dir: Path = _help("folder for the database and worker files", default_factory=_default_data_dir)
    workers: int = _help("number of analysis processes; 0 chooses by processors and memory", default=0)
    time_limit_sec: float = _help("base time limit per file, in seconds", default=60.0)
    time_limit_factor: float = _help("seconds added to the time limit per second of audio", default=0.5)
    memory_limit_mb: int = _help("address space limit per analysis process, in MiB; 0 for no limit", default=2048)
    seal: Seal = _help(
        "whether analysis processes give up access to files, network and other processes: auto (as far as the system"
        " can) or off",
        default="auto",
    )
    kernels: Kernels = _help(
        "what the analysis computes with: compiled (the kernels of the package auralis-fp-core), numpy, or auto"
        " (compiled kernels if that package is installed)",
        default="auto",
    )
    extended_vector: bool = _help(
        "compute 40 further numbers on the timbre of each track, which take part in the distance of similar tracks",
        default=False,
    )
    sidecars: Sidecars = _help(
        "location of .25d sidecar files: beside (next to each track), data-dir, or off", default="beside"
    )
    watching: Watching = _help("how changes are detected: auto, events, polling, or off", default="auto")
    settle_sec: float = _help("seconds a file must remain unchanged before it is queued", default=2.0)
    sweep_interval_sec: float = _help(
        "seconds between full scans, which find changes that events missed", default=3600.0
    )
    recheck_minutes: float = _help(
        "minutes per day for re-reading files whose results have not been confirmed for a month; 0 for never",
        default=60.0,
    )
    keep_missing_days: float = _help(
        "days after which missing files are forgotten, counted while their folder is online; 0 for never", default=90.0
    )
    ignore: tuple[str, ...] = _help("glob patterns of names, or of paths relative to a library, to ignore", default=())
    system_folders: tuple[str, ...] = _help(
        "names of recycle bins, snapshots and system folders to leave out, in any letter case", default=SYSTEM_FOLDERS
    )
    follow_links_to: tuple[Path, ...] = _help(
        "folders outside the libraries that links in them may lead to; other links outside are left out", default=()
    )
    quiet_hours: str = _help("daily period without background work, such as 23:00-07:00; empty for none", default="")
    busy_percent: float = _help(
        "processor load of other programs, in percent, above which background work pauses; 0 for never", default=90.0
    )
    allow_any_path: bool = _help("allow requests for files outside the libraries", default=False)
    allowed_hosts: tuple[str, ...] = _help(
        "host names accepted in the Host header", default=("localhost", "127.0.0.1", "[::1]")
    )
    allowed_origins: tuple[str, ...] = _help("further web origins allowed to send requests", default=())
    access: AccessMode = _help(
        "who is answered without the token: own-user (the user of the service, root and trusted_users), host (whoever"
        " the host lets through, if there is no token) or token (no one)",
        default="host",
    )
    trusted_users: tuple[str, ...] = _help(
        "further users of this machine answered without the token, such as that of a reverse proxy", default=()
    )
    token: str = _help(
        "secret that a request shows as bearer token or basic-authentication password; auto makes one in the data"
        " folder, empty is none",
        default="",
        repr=False,
    )
    request_rate: int = _help("sustained requests per second per client; 0 for no limit", default=1000)
    cover_cache_mb: int = _help("disk space for cover thumbnails in the data folder, in MiB", default=200)
    cluster: str = _help(
        "address of a Dask scheduler, such as tcp://host:8786, whose machines take part in background work; empty for"
        " none",
        default="",
    )
    cluster_slots: int = _help("most slots of the cluster to use; 0 for all", default=0)
    cluster_throttled: bool = _help(
        "whether quiet hours, playback and a busy machine here hold back the machines of the cluster, too",
        default=True,
    )
    mounts: tuple[str, ...] = _help(
        "names of music folders in a cluster, as NAME=/folder; a folder without one is called by the last part of its"
        " path",
        default=(),
    )
    work_here: WorkHere = _help(
        "what is analysed on this machine while there is a cluster: all, requests (background work is left to the"
        " cluster) or nothing",
        default="all",
    )
    host_database: tuple[Path, ...] = _help(
        "database of the host's library, which decides track ids and tags and, without libraries, the music folders;"
        " of several, the one written last is read",
        default=(),
    )

    def __post_init__(self) -> None:
        for spec in fields(self):
            object.__setattr__(self, spec.name, typed(spec.name, getattr(self, spec.name), _TYPES[spec.name]))
        for name, ok, sentence in (
            ("workers", 0 <= self.workers <= 64, "must be between 0 and 64"),
            ("time_limit_sec", 1 <= self.time_limit_sec <= 86_400, "must be between 1 and 86400 seconds"),
            ("time_limit_factor", 0 <= self.time_limit_factor <= 100, "must be between 0 and 100"),
            ("memory_limit_mb", self.memory_limit_mb == 0 or self.memory_limit_mb >= 512, "must be 0 or at least 512"),
            ("settle_sec", 0 <= self.settle_sec <= 3600, "must be between 0 and 3600 seconds"),
            ("sweep_interval_sec", 1 <= self.sweep_interval_sec <= 2_592_000, "must be between 1 second and 30 days"),
            ("keep_missing_days", 0 <= self.keep_missing_days <= 36_500, "must be between 0 and 36500 days"),
            ("recheck_minutes", 0 <= self.recheck_minutes <= 1440, "must be between 0 and 1440 minutes"),
            ("busy_percent", 0 <= self.busy_percent <= 100, "must be between 0 and 100"),
            (
                "token",
                not self.token or _TOKEN.fullmatch(self.token) is not None,
                "must be auto or have at least 16 printable ASCII characters",
            ),
            ("access", self.access != "token" or bool(self.token), 'needs a token: set token, or token = "auto"'),
            (
                "cluster",
                _SCHEDULER.fullmatch(self.cluster) is not None,
                f"{self.cluster!r} does not have the form tcp://host:8786 or tls://host:8786",
            ),
            ("cluster_slots", 0 <= self.cluster_slots <= 100_000, "must be between 0 and 100000"),
            ("request_rate", self.request_rate >= 0, "must not be negative"),
            ("cover_cache_mb", 1 <= self.cover_cache_mb <= 100_000, "must be between 1 and 100000"),
            (
                "quiet_hours",
                not self.quiet_hours or _QUIET_HOURS.fullmatch(self.quiet_hours) is not None,
                f"{self.quiet_hours!r} does not have the form 23:00-07:00",
            ),
        ):
            if not ok:
                raise SettingsError(name, sentence)
        for folder in self.libraries:
            if folder.exists() and not folder.is_dir():
                raise SettingsError("libraries", f"{folder} is not a folder")
        if self.libraries and not any(folder.is_dir() for folder in self.libraries):  # one of several may be offline
            raise SettingsError("libraries", f"{self.libraries[0]} does not exist")

    @property
    def parts(self) -> tuple[PartKind, ...]:
        """The parts that every result is to have beside its fingerprint."""
        return (SUB_FINGERPRINTS, TIMBRE) if self.extended_vector else (SUB_FINGERPRINTS,)

    @property
    def database(self) -> Path:
        """Path of the SQLite database.

        Raises
        ------
        SettingsError
            ``data_dir`` was not given, and the user has no home folder to hold it.
        """
        if self.data_dir == NO_DATA_DIR:
            raise SettingsError("data_dir", "must be given, because the user has no home folder")
        return self.data_dir / "fingerprints.sqlite3"


_TYPES: Final[Mapping[str, Any]] = typing.get_type_hints(Settings)


def converted(name: str, value: Any) -> Any:
    """Return a value of a setting (from code, text or TOML) in its type; ``SettingsError`` if that is impossible."""
    return typed(name, value, _TYPES[name])


def load_settings(
    given: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """Return the settings from code, environment and file.

    Parameters
    ----------
    given : mapping, optional
        Values from code or the command line; None means not given.
    environ : mapping, optional
        Environment variables, by default ``os.environ``.
    file : Path, optional
        TOML file; by default ``auralis-fp.toml`` in the working directory, if it exists.

    Raises
    ------
    SettingsError
        A setting is unknown or invalid, or the file cannot be read; ``field`` is its name.
    """
    return _settings(_gathered(given, environ, file))


def load_server_settings(given: Mapping[str, Any]) -> Settings:
    """Return the settings of a server of our own, see ``load_settings``.

    Unless ``access`` is set, only the service's own user is answered, or with a token of the user's whoever shows it.
    """
    values = _gathered(given, None, None)
    own_token = values.get("token", "") not in {"", AUTO_TOKEN}
    values.setdefault("access", "token" if own_token else "own-user")
    return _settings(values)


def _gathered(given: Mapping[str, Any] | None, environ: Mapping[str, str] | None, file: Path | None) -> dict[str, Any]:
    values = _from_file(file)
    values |= _from_environment(os.environ if environ is None else environ)
    return values | {name: value for name, value in (given or {}).items() if value is not None}


def _settings(values: Mapping[str, Any]) -> Settings:
    for name in values:
        if name not in _TYPES:
            raise SettingsError(name, "unknown setting")
    return Settings(**values)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for variable, value in environ.items():
        if variable.startswith(ENVIRONMENT_PREFIX):
            name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
            if name not in _TYPES:
                raise SettingsError(variable, "unknown setting")
            found[name] = value
    return found


def _from_file(file: Path | None) -> dict[str, Any]:
    path = file or Path(FILE_NAME)
    if file is None and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}") from error
