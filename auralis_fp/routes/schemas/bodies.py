"""Request bodies and their validation: types, unknown fields, sizes."""

import asyncio
import json
import os
from pathlib import PurePath
from typing import Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import hdrs, web

from ...errors import RequestError

MAX_BODY_BYTES: Final = 1 << 20
BODY_TIMEOUT_SEC: Final = 30.0
MAX_IDS: Final = 10_000  # in one request
MAX_ITEMS: Final = 5_000  # in one batch

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Ids = Annotated[list[Id], msgspec.Meta(max_length=MAX_IDS)]
_ABSOLUTE: Final = r"[A-Za-z]:[\\/]" if os.name == "nt" else "/"
ABSOLUTE: Final = {"pattern": f"^({_ABSOLUTE}[^\\x00]*)$"}  # documentation only; the operating system decides
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=32_768, extra_json_schema=ABSOLUTE)]

_PATH_FIELDS: Final = frozenset(("filepath", "folder", "folders", "path", "paths"))  # checked by ``path_bytes``


class NoFields(msgspec.Struct, forbid_unknown_fields=True):
    """An empty object."""


class TrackRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A file and the host's id of the track."""

    track_id: Id
    filepath: Text


class BatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Many files. Each item is validated separately, so an invalid one does not affect the others."""

    items: Annotated[list[Any], msgspec.Meta(max_length=MAX_ITEMS)]


class ScanRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The folder to scan; default all."""

    folder: Text | None = None


class FailuresRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Select failed files by filter, excluding ids in `without`; empty selects all."""

    ids: Ids | None = None
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    folder: Text | None = None
    without: Ids = []


class CancelRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Ids of the files to remove from the queue; default all that are queued or running."""

    ids: Ids | None = None


class PrioritiseRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Ids of the files to process first; failed ones are retried."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MAX_IDS)]


class ReanalyseRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Ids of the finished files to analyse again."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MAX_IDS)]


class PlayingRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the host is playing audio."""

    playing: bool


class SettingsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """New values of settings by name; null restores the default. `version` is that of the settings that they change."""

    version: Annotated[str, msgspec.Meta(max_length=64)]
    changes: dict[str, list[str] | str | int | float | None]


B = TypeVar("B", bound=msgspec.Struct)


async def read_body(request: web.Request, kind: type[B], *, optional: bool = False) -> B:
    """Return the validated body of a request.

    Parameters
    ----------
    request : web.Request
    kind : type
        Struct to validate against.
    optional : bool
        An empty body is accepted as an empty object.

    Raises
    ------
    RequestError
        400 invalid JSON or an invalid field (named), 408 timeout, 413 too large, 415 other content type or a
        content encoding.
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
    """Return *value* converted to a struct.

    Parameters
    ----------
    value : object
        Plain values.
    kind : type
        Struct to validate against.

    Raises
    ------
    RequestError
        400 with the name of the invalid field.
    """
    try:
        body = msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise bad_field(str(error), value, kind) from None
    check_text(body)
    return body


def check_text(struct: msgspec.Struct) -> None:
    """Raise RequestError (400) if a text contains half of a surrogate pair, which only paths may.

    JSON can express such a text; neither SQLite nor UTF-8 can.
    """
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, msgspec.Struct):
                check_text(part)
            elif isinstance(part, str) and name not in _PATH_FIELDS and not _is_unicode(part):
                raise RequestError(400, "bad_field", f"{name}: not valid Unicode text.", {"field": name})


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def path_bytes(text: str, field: str) -> bytes:
    """Return a path in the encoding of the operating system.

    Parameters
    ----------
    text : str
    field : str
        Name for the error.

    Raises
    ------
    RequestError
        400 if the path is not absolute or cannot be encoded.
    """
    try:
        path = os.fsencode(text)
    except UnicodeEncodeError:
        path = b""
    if not path or b"\0" in path:
        raise RequestError(400, "bad_field", f"{field}: not a valid path.", {"field": field})
    if not PurePath(text).is_absolute():
        raise RequestError(400, "bad_field", f"{field}: the path must be absolute.", {"field": field})
    return path


async def _read(request: web.Request) -> bytes:
    too_large = RequestError(413, "too_large", f"The body is larger than {MAX_BODY_BYTES >> 20} MiB.")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise too_large
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise RequestError(415, "coded_body", "The body must not have a Content-Encoding.")
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SEC):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > MAX_BODY_BYTES:
                    raise too_large
    except TimeoutError:
        raise RequestError(408, "too_slow", "The request body did not arrive in time.") from None
    return bytes(content)


def _number(text: str) -> float | int:
    """Return a number; JSON does not distinguish 1.0 from 1."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def bad_field(message: str, value: Any, kind: type[msgspec.Struct]) -> RequestError:
    """Return the error for a validation message, with the name of the field in front.

    Parameters
    ----------
    message : str
        From msgspec.
    value : object
        The invalid value.
    kind : type
        Struct it was validated against.
    """
    what, _, where = message.partition(" - at `$")
    field = where.strip("`.")
    if not field:  # the message itself names a missing or unknown field
        names = {*kind.__struct_fields__, *(value if isinstance(value, dict) else ())}
        field = next((name for name in names if f"`{name}`" in what), "")
    sentence = f"{field}: {what}." if field else f"{what}."
    return RequestError(400, "bad_field", sentence, {"field": field} if field else {})
