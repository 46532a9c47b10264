"""The published description of the API (OpenAPI 3.1), put together from the forms that requests and answers have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from ..._version import __version__
from .. import api, control, events, exports, files, metrics
from .. import overview as survey
from .. import static_files as page
from ..responses import answer
from . import bodies, queries
from . import responses as published

_JSON: Final = "application/json"
_ALWAYS: Final = (401, 403, 429, 500, 503)
_BODY: Final = (400, 408, 413, 415)


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
    query: type[queries.Query] | None = None
    kind: str = _JSON


_TEXT: Final = str
OPERATIONS: Final = (
    Operation(
        "post", "", api.fingerprint, {200: published.TrackAnswer}, (*_BODY, 404, 409, 422, 429), bodies.TrackRequest
    ),
    Operation("get", "", page.to_page, {302: None}),
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
        query=queries.FilesQuery,
    ),
    Operation("get", "/files/{file_id}", files.file, {200: published.File}, (404,)),
    Operation(
        "get",
        "/tracks/{track_id}",
        api.track,
        {200: published.TrackAnswer, 202: published.Queued},
        (400, 404, 409, 415, 422),
    ),
    Operation("get", "/queue", files.queue, {200: published.Queue}, (400,), query=queries.QueueQuery),
    Operation("get", "/failures", files.failures, {200: published.Failures}, (400,), query=queries.FailuresQuery),
    Operation("get", "/failures.csv", exports.as_csv, {200: _TEXT}, (400,), query=queries.ExportQuery, kind="text/csv"),
    Operation(
        "get",
        "/failures.json",
        exports.as_json,
        {200: list[published.ExportedFailure]},
        (400,),
        query=queries.ExportQuery,
    ),
    Operation("get", "/points", survey.points, {200: published.Points}, (400,)),
    Operation("get", "/throughput", survey.throughput, {200: published.Throughput}, (400,), query=queries.SpanQuery),
    Operation("get", "/cost", survey.cost, {200: published.CostAnswer}, (400,), query=queries.FolderQuery),
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
    Operation(
        "post",
        "/pause",
        control.pause,
        {202: published.StateAnswer},
        (*_BODY, 409),
        bodies.NoFields,
        body_optional=True,
    ),
    Operation(
        "post",
        "/resume",
        control.resume,
        {202: published.StateAnswer},
        (*_BODY, 409),
        bodies.NoFields,
        body_optional=True,
    ),
    Operation(
        "post", "/retry", control.retry, {202: published.RetryAnswer}, _BODY, bodies.FailuresRequest, body_optional=True
    ),
    Operation(
        "post", "/skip", control.skip, {202: published.SkipAnswer}, _BODY, bodies.FailuresRequest, body_optional=True
    ),
    Operation(
        "post",
        "/cancel",
        control.cancel,
        {202: published.CancelAnswer},
        _BODY,
        bodies.CancelRequest,
        body_optional=True,
    ),
    Operation(
        "post", "/prioritise", control.prioritise, {202: published.PrioritiseAnswer}, _BODY, bodies.PrioritiseRequest
    ),
    Operation(
        "post", "/reanalyse", control.reanalyse, {202: published.ReanalyseAnswer}, _BODY, bodies.ReanalyseRequest
    ),
    Operation("post", "/playing", control.playing, {202: published.StateAnswer}, _BODY, bodies.PlayingRequest),
    Operation("get", "/metrics", metrics.metrics, {200: _TEXT}, kind="text/plain"),
)


async def document(request: web.Request) -> web.StreamResponse:
    """Answer with the description."""
    prefix = request.path.removesuffix("/openapi.json")
    whole = described()
    paths = {f"{prefix}{path}" or "/": item for path, item in whole["paths"].items()}
    return answer({**whole, "paths": paths})


@cache
def described() -> dict[str, Any]:
    """Return the description with addresses below the prefix."""
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
        yield from kind if isinstance(kind, tuple) else () if kind is None else (kind,)
    if operation.body is not None:
        yield operation.body


def _operation(operation: Operation, by_kind: Mapping[Any, Any]) -> dict[str, Any]:
    def content(kind: Any, media: str) -> dict[str, Any]:
        if isinstance(kind, tuple):
            return {media: {"schema": {"anyOf": [by_kind[one] for one in kind]}}}
        return {media: {"schema": by_kind.get(kind, {"type": "string"})}}

    sentence = (operation.handler.__doc__ or "").partition("\n")[0]
    responses: dict[str, Any] = {
        str(status): {"description": sentence} | ({} if kind is None else {"content": content(kind, operation.kind)})
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


def _query_parameters(query: type[queries.Query] | None) -> Iterator[dict[str, Any]]:
    if query is None:
        return
    for spec in msgspec.json.schema(query)["$defs"][query.__name__]["properties"].items():
        name, schema = spec
        options = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
        if options:  # it may be left out, which is not to say that it may be null
            schema = {**schema, **options[0]}
            schema.pop("default", None)
        described = {"description": text} if (text := schema.pop("description", None)) else {}
        yield {"name": name, "in": "query", "required": False, "schema": schema, **described}
