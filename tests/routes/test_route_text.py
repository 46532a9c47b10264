"""Texts that are not valid Unicode, in every text field of every operation."""

from collections.abc import Iterator
from typing import Any

import pytest

from auralis_fp.routes.operations import OPERATIONS
from auralis_fp.routes.schemas.openapi import described
from hosting import SHARED, Plugin

pytestmark = pytest.mark.every_way

TEXTS = ("\ud800", "/music/\udfff.mp3", "/music/\udce9.mp3", "\0")


def bodies(schema: dict[str, Any], components: dict[str, Any], text: str) -> Iterator[Any]:
    """Yield bodies of a schema, each with *text* in one more of its texts."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from bodies(choice, components, text)
    match schema.get("type"):
        case "string":
            yield text
        case "array" if isinstance(schema.get("items"), dict):
            yield from ([one] for one in bodies(schema["items"], components, text))
        case "object":
            fields = schema.get("properties", {})
            required = {name: plain(fields[name], components) for name in schema.get("required", ())}
            for name, field in fields.items():
                yield from (required | {name: one} for one in bodies(field, components, text))


def plain(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Return a value of a required field."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    kinds = {"string": "/music/a.mp3", "integer": 1, "number": 0.5, "boolean": True, "array": [1], "object": {}}
    return kinds.get(str(schema.get("type")))


@SHARED
@pytest.mark.parametrize("path", [operation.path for operation in OPERATIONS if operation.body is not None])
async def test_every_text_field_of_a_body(shared: Plugin, path: str) -> None:
    """The answer names the field or finds nothing; it is never an internal error."""
    document = described()
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for text in TEXTS:
        for body in bodies(schema, document["components"]["schemas"], text):
            async with shared.client.post(f"/fingerprint{path}", json=body) as response:
                assert response.status != 500, body
                await response.read()


@SHARED
@pytest.mark.parametrize("field", ["q", "code"])
@pytest.mark.parametrize("path", ["/retry", "/skip"])
async def test_the_field_is_named(shared: Plugin, path: str, field: str) -> None:
    """In the answer to a text that JSON can express and UTF-8 cannot."""
    answer = await shared.post(path, {field: "\ud800"}, status=400)
    assert (answer["code"], answer["detail"]["field"]) == ("bad_field", field)


@SHARED
@pytest.mark.parametrize("text", ["%ff", "%ed%a0%80", "%00", "%c3%28"])
async def test_every_text_field_of_a_query(shared: Plugin, text: str) -> None:
    """Bytes that are not UTF-8 are text like any other, or name the field."""
    for operation in OPERATIONS:
        if operation.query is not None:
            for name in operation.query.__struct_fields__:
                target = operation.path.replace("{file_id}", "1").replace("{track_id}", "1")
                async with shared.client.get(f"/fingerprint{target}?{name}={text}") as response:
                    assert response.status != 500, (target, name)
                    await response.read()
