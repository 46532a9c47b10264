"""What a machine says of itself, and whether it may work for a service."""

import math
import platform
import time
from collections.abc import Collection, Iterator
from typing import Annotated, Final

import msgspec

from .. import schema
from .._version import __version__
from ..schema.parts import PartKind
from .messages import PROTOCOL, Report

KEY: Final = "auralis_fp"
"""Under which a machine publishes its greeting and its load at the scheduler."""
TOLERANCE: Final = 1e-6  # of a value, relative to its range, between the machine and the reference
CLOCK_SEC: Final = 60.0  # of difference between two clocks, beyond which it is remarked
MOST_SLOTS: Final = 1024
_LONGEST: Final = 200_000  # characters of JSON

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Line = Annotated[str, msgspec.Meta(max_length=1000)]


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The greeting of a machine.

    ``deviation`` is the largest difference of its values for the reference signal; None if it could not analyse it,
    for the reason in ``fault``. ``clock`` is its Unix time at ``heard_at`` of the scheduler.
    """

    name: Name
    slots: Annotated[int, msgspec.Meta(ge=1, le=MOST_SLOTS)]
    mounts: Annotated[list[Name], msgspec.Meta(max_length=1000)]
    protocol: int = 0
    version: Line = __version__
    algorithm: Line = schema.ALGORITHM
    algorithm_version: int = schema.ALGORITHM_VERSION
    parts: dict[Name, int] = {}
    python: Line = ""
    distributed: Line = ""
    kernels: Line = ""
    deviation: float | None = None
    fault: Line = ""
    lacking: Annotated[list[Line], msgspec.Meta(max_length=20)] = []
    clock: float = 0.0


class CurrentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a machine works on."""

    mount: Line
    path: Annotated[str, msgspec.Meta(max_length=20_000)]
    since_sec: float
    decoded_sec: float = 0.0
    duration_sec: float = 0.0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine does at the moment, sent with each heartbeat."""

    clock: float
    files: Annotated[list[CurrentFile], msgspec.Meta(max_length=MOST_SLOTS)] = []


_hello: Final = msgspec.json.Decoder(Hello)
_load: Final = msgspec.json.Decoder(Load)


def python_version() -> str:
    """Return the version of this interpreter without the patch level."""
    return ".".join(platform.python_version_tuple()[:2])


def read_hello(report: Report) -> Hello | str:
    """Return the greeting of a machine, or the sentence why there is none."""
    if not report.hello:
        return "It was not started by `auralis-fp worker`."
    try:
        if len(report.hello) > _LONGEST:
            raise ValueError("too long")
        return _hello.decode(report.hello)
    except (ValueError, RecursionError) as error:
        return f"Its greeting cannot be read: {error}."


def read_load(report: Report) -> Load | None:
    """Return what a machine does, or None if it says nothing that can be read."""
    try:
        return _load.decode(report.load) if report.load and len(report.load) <= _LONGEST else None
    except (ValueError, RecursionError):
        return None


def refusal(hello: Hello, mounts: Collection[str], parts: Collection[PartKind], distributed: str) -> str | None:
    """Return the sentence why a machine may not work for this service, or None if it may.

    Parameters
    ----------
    hello : Hello
    mounts : collection of str
        Names of the music folders, all of which it must mount.
    parts : collection of PartKind
        What it must compute beside fingerprints.
    distributed : str
        Version of ``distributed`` here; empty to allow any.
    """
    return next(_reasons(hello, mounts, parts, distributed), None)


def _reasons(hello: Hello, mounts: Collection[str], parts: Collection[PartKind], distributed: str) -> Iterator[str]:
    if (hello.algorithm, hello.algorithm_version) != (schema.ALGORITHM, schema.ALGORITHM_VERSION):
        yield (
            f"It computes {hello.algorithm} version {hello.algorithm_version}, and this service"
            f" {schema.ALGORITHM} version {schema.ALGORITHM_VERSION}; install auralis-fp {__version__} there."
        )
    elif hello.protocol != PROTOCOL:
        yield f"It has auralis-fp {hello.version}, which speaks another protocol; install {__version__} there."
    if hello.python != python_version():
        yield f"It runs Python {hello.python}, and this service Python {python_version()}."
    if distributed and hello.distributed != distributed:
        yield f"It has distributed {hello.distributed}, and this service {distributed}; install the same there."
    if hello.deviation is None:
        yield f"It cannot analyse the reference signal: {hello.fault or 'no reason given'}"
    elif not (math.isfinite(hello.deviation) and 0 <= hello.deviation <= TOLERANCE):
        yield (
            f"Its values for the reference signal differ by {hello.deviation:.2g} of their range, more than"
            f" {TOLERANCE:g}; its kernels ({hello.kernels or 'unknown'}) or numerical libraries compute differently."
        )
    for part in parts:
        if hello.parts.get(part.name) != part.version:
            yield f"It does not compute the part {part.name} version {part.version}; check extended_vector there."
    missing = sorted(set(mounts) - set(hello.mounts))
    if missing:
        wanted = " ".join(f"--mount {name}=FOLDER" for name in missing)
        yield f"It lacks the music folder {', '.join(map(repr, missing))}; start it with {wanted}."


def remark(clock: float, silent_sec: float) -> str:
    """Return a sentence on the clock of a machine if it differs much from ours, else an empty string.

    Parameters
    ----------
    clock : float
        Unix time of its last heartbeat, by its own clock.
    silent_sec : float
        Seconds since then.
    """
    ahead = clock - (time.time() - silent_sec)
    if not math.isfinite(ahead) or abs(ahead) <= CLOCK_SEC:
        return ""
    side = "ahead of" if ahead > 0 else "behind"
    return f"Its clock is {abs(ahead):.0f} s {side} this one, which does no harm."
