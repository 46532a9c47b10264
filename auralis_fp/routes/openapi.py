"""The published description of the API (OpenAPI 3.1), put together from the forms that requests and answers have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from .. import __version__
from ..store.records import STATES
from . import api, bodies, control, events, files, metrics, published
from .answering import answer

_JSON: Final = "application/json"
_ALWAYS: Final = (403, 500, 503)
_BODY: Final = (400, 413, 415)


@dataclass(frozen=True, slots=True)
class Operation:
    """One address and method: what it takes, what it answers with; its handler's first sentence describes it."""

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, Any]
    errors: tuple[int, ...] = ()
    body: type | None = None
    body_optional: bool = False
    query: Mapping[str, Any] = field(default_factory=dict)
    kind: str = _JSON


_PAGE: Final = {
    "q": {"type": "string", "description": "only files whose path contains this text"},
    "after": {"type": "string", "description": "`next` of the page before"},
    "limit": {"type": "integer", "minimum": 1, "maximum": files.LARGEST_PAGE, "default": files.DEFAULT_PAGE},
}
_TEXT: Final = str
OPERATIONS: Final = (
    Operation(
        "post", "", api.fingerprint, {200: published.TrackAnswer}, (*_BODY, 404, 409, 422, 429), bodies.TrackRequest
    ),
    Operation(
        "post",
        "/batch",
        api.batch,
        {200: (published.TrackAnswer, published.BatchProblem)},
        _BODY,
        bodies.BatchRequest,
        kind="application/x-ndjson",
    ),
    Operation("get", "/health", api.health, {200: published.HealthAnswer}),
    Operation("get", "/status", api.status, {200: published.Status}),
    Operation("get", "/events", events.events, {200: _TEXT}, (400,), kind="text/event-stream"),
    Operation(
        "get",
        "/files",
        files.files,
        {200: published.Files},
        (400,),
        query={"state": {"type": "string", "enum": list(STATES)}, **_PAGE},
    ),
    Operation("get", "/files/{file_id}", files.file, {200: published.File}, (404,)),
    Operation(
        "get",
        "/tracks/{track_id}",
        api.track,
        {200: published.TrackAnswer, 202: published.Queued},
        (400, 404, 409, 415, 422),
    ),
    Operation("get", "/failures", files.failures, {200: published.Failures}, (400,), query=_PAGE),
    Operation("get", "/dimensions", files.dimensions, {200: published.Dimensions}),
    Operation(
        "post",
        "/scan",
        control.scan,
        {202: published.StateAnswer},
        (*_BODY, 409),
        bodies.ScanRequest,
        body_optional=True,
    ),
    Operation("post", "/pause", control.pause, {202: published.StateAnswer}, (409,)),
    Operation("post", "/resume", control.resume, {202: published.StateAnswer}, (409,)),
    Operation(
        "post", "/retry", control.retry, {202: published.RetryAnswer}, _BODY, bodies.RetryRequest, body_optional=True
    ),
    Operation("post", "/playing", control.playing, {202: published.StateAnswer}, _BODY, bodies.PlayingRequest),
    Operation("get", "/metrics", metrics.metrics, {200: _TEXT}, kind="text/plain"),
)


async def document(request: web.Request) -> web.StreamResponse:
    """Answer with the description."""
    prefix = request.path.removesuffix("/openapi.json")
    described = _described()
    paths = {f"{prefix}{path}" or "/": item for path, item in described["paths"].items()}
    return answer({**described, "paths": paths})


@cache
def _described() -> dict[str, Any]:
    kinds = [published.Error, *(kind for operation in OPERATIONS for kind in _kinds(operation) if kind is not _TEXT)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    by_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Auralis fingerprints", "version": __version__, "license": {"name": "MIT"}},
        "paths": paths,
        "components": {"schemas": components},
    }


def _kinds(operation: Operation) -> Iterator[Any]:
    for kind in operation.answers.values():
        yield from kind if isinstance(kind, tuple) else (kind,)
    if operation.body is not None:
        yield operation.body


def _operation(operation: Operation, by_kind: Mapping[Any, Any]) -> dict[str, Any]:
    def content(kind: Any, media: str) -> dict[str, Any]:
        if isinstance(kind, tuple):
            return {media: {"schema": {"anyOf": [by_kind[one] for one in kind]}}}
        return {media: {"schema": by_kind.get(kind, {"type": "string"})}}

    sentence = (operation.handler.__doc__ or "").partition("\n")[0]
    responses: dict[str, Any] = {
        str(status): {"description": sentence, "content": content(kind, operation.kind)}
        for status, kind in operation.answers.items()
    }
    for status in sorted({*operation.errors, *_ALWAYS}):
        responses[str(status)] = {"description": "An error.", "content": content(published.Error, _JSON)}
    described: dict[str, Any] = {
        "operationId": getattr(operation.handler, "__name__", operation.path),
        "summary": sentence,
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query)],
        "responses": responses,
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": content(operation.body, _JSON),
        }
    return described


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            number = {"type": "integer", "minimum": 0}
            yield {"name": part.strip("{}"), "in": "path", "required": True, "schema": number}


def _query_parameters(query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, schema in query.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}
