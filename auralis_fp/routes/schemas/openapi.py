"""The OpenAPI 3.1 document, generated from the table of operations and the structs of requests and responses."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from aiohttp import web

from ..._version import __version__
from ..operations import JSON, OPERATIONS, Operation
from ..responses import answer
from . import queries
from .responses import ErrorAnswer

_ALWAYS: Final = (401, 403, 414, 429, 431, 500, 503)  # 414 and 431 under ASGI: aiohttp itself answers 400


async def document(request: web.Request) -> web.StreamResponse:
    """Return the OpenAPI document."""
    prefix = request.path.removesuffix("/openapi.json")
    whole = described()
    paths = {f"{prefix}{path}" or "/": item for path, item in whole["paths"].items()}
    return answer({**whole, "paths": paths})


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI document with paths relative to the prefix."""
    kinds = [ErrorAnswer, *(kind for operation in OPERATIONS for kind in _kinds(operation) if kind not in {str, bytes})]
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
    yield from operation.events.values()
    if operation.body is not None:
        yield operation.body


def _operation(operation: Operation, by_kind: Mapping[Any, Any]) -> dict[str, Any]:
    sentence = (operation.handler.__doc__ or "").partition("\n")[0]
    described: dict[str, Any] = {
        "operationId": getattr(operation.handler, "__name__", operation.path),
        "summary": sentence,
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query)],
        "responses": dict(_responses(operation, sentence, by_kind)),
    }
    if operation.body is not None:
        content = {JSON: {"schema": by_kind[operation.body]}}
        described["requestBody"] = {"required": not operation.body_optional, "content": content}
    return described


def _responses(operation: Operation, sentence: str, by_kind: Mapping[Any, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, kind in operation.answers.items():
        if kind is None:
            yield str(status), {"description": sentence}
            continue
        if isinstance(kind, tuple):
            media: dict[str, Any] = {"schema": {"anyOf": [by_kind[one] for one in kind]}}
        else:
            media = {"schema": by_kind.get(kind, {"type": "string"})}
        if operation.events:  # OpenAPI 3.1 has no schema for the items of a stream
            media["x-events"] = {name: by_kind[event] for name, event in operation.events.items()}
        yield str(status), {"description": sentence, "content": {operation.kind: media}}
    error = {JSON: {"schema": by_kind[ErrorAnswer]}}
    for status in sorted({*operation.error_statuses, *_ALWAYS}):
        yield str(status), {"description": "An error.", "content": error}


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
        if options:  # optional, but not nullable
            schema = {**schema, **options[0]}
            schema.pop("default", None)
        if "pattern" in schema:  # an empty value counts as not given
            schema["pattern"] = f"^$|{schema['pattern']}"
        described = {"description": text} if (text := schema.pop("description", None)) else {}
        yield {"name": name, "in": "query", "required": False, "schema": schema, **described}
