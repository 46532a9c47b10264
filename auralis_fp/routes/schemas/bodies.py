"""What requests may carry, checked: types, unknown fields, sizes."""

import asyncio
import json
import os
from typing import Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import hdrs, web

from ...errors import RequestError

LARGEST_BODY: Final = 1 << 20  # bytes
SLOWEST_BODY_SEC: Final = 30.0  # for all of it to arrive
MOST_IDS: Final = 10_000  # in one request
MOST_ITEMS: Final = 5_000  # in one batch

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Ids = Annotated[list[Id], msgspec.Meta(max_length=MOST_IDS)]
_ABSOLUTE: Final = r"[A-Za-z]:[\\/]" if os.name == "nt" else "/"
ABSOLUTE: Final = {"pattern": f"^({_ABSOLUTE}[^\\x00]*)?$"}  # for readers; the system itself is asked
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=32_768, extra_json_schema=ABSOLUTE)]


class NoFields(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing."""


class TrackRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One file, and what the host calls it."""

    track_id: Id
    filepath: Text


class BatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Many files; each item is checked on its own, so that one bad one fails alone."""

    items: Annotated[list[Any], msgspec.Meta(max_length=MOST_ITEMS)]


class ScanRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A folder to look through; all of them if not given."""

    folder: Text | None = None


class FailuresRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Failed files: those that fit all that is given, as when they are listed, but for `without`; all if nothing is."""

    ids: Ids | None = None
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    folder: Text | None = None
    without: Ids = []


class CancelRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Files to take off the list, by our ids; all that wait or are being worked on if not given."""

    ids: Ids | None = None


class PrioritiseRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Files to work on before all others, by our ids; those that failed are tried again."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST_IDS)]


class ReanalyseRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Files that are done, to be analysed once more, by our ids."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST_IDS)]


class PlayingRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the host plays audio."""

    playing: bool


B = TypeVar("B", bound=msgspec.Struct)


async def read_body(request: web.Request, kind: type[B], *, optional: bool = False) -> B:
    """Return the checked body of a request.

    Parameters
    ----------
    request : web.Request
    kind : type
        What it must be.
    optional : bool
        An empty body stands for one without fields.

    Raises
    ------
    RequestError
        400 not JSON or a bad field (named), 408 too slow, 413 too large, 415 of another content type, or coded.
    """
    content = await _read(request)
    if optional and not content.strip():
        return kind()
    if request.content_type != "application/json":
        raise RequestError(415, "not_json", "The body must be JSON, with the content type application/json.")
    try:
        value = json.loads(content, parse_float=_number, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RequestError(400, "bad_json", "The body is not valid JSON.") from None
    return validate(value, kind)


def validate(value: Any, kind: type[B]) -> B:
    """Return *value* as a *kind*; 400 with the name of the field that is bad."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise bad_field(str(error), value, kind) from None


def path_bytes(text: str, field: str) -> bytes:
    """Return a path as the operating system spells it.

    Raises
    ------
    RequestError
        400: not absolute, or no path can be spelled so.
    """
    try:
        path = os.fsencode(text)
    except UnicodeEncodeError:
        path = b""
    if not path or b"\0" in path:
        raise RequestError(400, "bad_field", f"{field}: this cannot be a path.", {"field": field})
    if not os.path.isabs(path):  # noqa: PTH117 - bytes
        raise RequestError(400, "bad_field", f"{field}: the path must be absolute.", {"field": field})
    return path


async def _read(request: web.Request) -> bytes:
    too_large = RequestError(413, "too_large", f"The body may have {LARGEST_BODY >> 20} MiB at most.")
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise RequestError(415, "coded_body", "The body must come as it is, without a Content-Encoding.")
    content = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY_SEC):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > LARGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise RequestError(408, "too_slow", "The body of the request did not arrive in time.") from None
    return bytes(content)


def _number(text: str) -> float | int:
    """Return a number; 1.0 is a whole one to JSON."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def bad_field(message: str, value: Any, kind: type[msgspec.Struct]) -> RequestError:
    """Return the error for what the checker complains of, with the name of the field in front."""
    what, _, where = message.partition(" - at `$")
    field = where.strip("`.")
    if not field:  # a missing or unknown field is named in the message itself
        names = {*kind.__struct_fields__, *(value if isinstance(value, dict) else ())}
        field = next((name for name in names if f"`{name}`" in what), "")
    sentence = f"{field}: {what}." if field else f"{what}."
    return RequestError(400, "bad_field", sentence, {"field": field} if field else {})
