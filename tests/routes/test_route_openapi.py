"""The OpenAPI document, and responses that conform to it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from auralis_fp import schema
from auralis_fp.routes.operations import OPERATIONS
from auralis_fp.routes.schemas import responses as published
from hosting import PREFIX, SHARED, Plugin, tone_file

pytestmark = [pytest.mark.every_way, SHARED]

READING = [
    operation
    for operation in OPERATIONS
    if operation.method == "get" and 200 in operation.answers and operation.answers[200] is not bytes
]
NOT_API = {"/", "/openapi.json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin with a good file (file and track 1) and a failed one."""
    await shared.ask(tone_file(shared_library / "good.wav"))
    tone_file(shared_library / "bad.wav", 0.001)
    await shared.post("/scan", status=202)
    await shared.until(lambda status: status["counts"]["failed"] == 1 and status["state"] == "idle")
    return shared


async def test_every_route_is_documented(known: Plugin) -> None:
    """The document lists exactly the registered routes, with the prefix."""
    body = await known.get("/openapi.json")
    assert body["openapi"].startswith("3.1")
    described = {(method, path) for path, item in body["paths"].items() for method in item}
    existing = set()
    for route in known.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        below = path.removeprefix(PREFIX)
        outside = not path.startswith(PREFIX)  # such as `/health` of `serve`
        if route.method != "HEAD" and below not in NOT_API and "asset" not in path and not outside:
            existing.add((route.method.lower(), path))
    assert described == existing


async def test_references_resolve(known: Plugin) -> None:
    """All references in the document resolve."""
    body = await known.get("/openapi.json")

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            found = [value["$ref"]] if "$ref" in value else []
            return found + [ref for item in value.values() for ref in references(item)]
        return [ref for item in value for ref in references(item)] if isinstance(value, list) else []

    found = references(body)
    assert "#/components/schemas/TrackAnswer" in found
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= set(body["components"]["schemas"])
    fingerprint = body["components"]["schemas"]["Fingerprint"]
    assert tuple(fingerprint["required"]) == schema.names_of(1)
    assert fingerprint["properties"]["stereo_width"]["maximum"] == 1


@pytest.mark.parametrize("operation", READING, ids=lambda op: op.path)
async def test_get_responses_conform(known: Plugin, operation: Any) -> None:
    """Responses to GET conform to their schema."""
    if operation.kind != "application/json":
        async with known.client.get(f"{PREFIX}{operation.path}") as response:
            assert response.content_type == operation.kind
        return
    path = operation.path.format(file_id=1, track_id=1)
    kind = operation.answers[200]
    assert msgspec.convert(await known.get(path), kind[0] if isinstance(kind, tuple) else kind)


async def test_post_responses_and_errors_conform(known: Plugin, shared_library: Path) -> None:
    """Responses to POST and errors conform to their schema."""
    answer = msgspec.convert(await known.ask(shared_library / "good.wav"), published.TrackAnswer)
    assert answer.track_id == 1
    for path, body, kind in (
        ("/scan", {}, published.StateAnswer),
        ("/pause", None, published.StateAnswer),
        ("/resume", None, published.StateAnswer),
        ("/retry", {"ids": [2]}, published.RetryAnswer),
        ("/skip", {"ids": [2]}, published.SkipAnswer),
        ("/cancel", None, published.CancelAnswer),
        ("/prioritise", {"ids": [2]}, published.PrioritiseAnswer),
        ("/reanalyse", {"ids": [2]}, published.ReanalyseAnswer),
        ("/playing", {"playing": False}, published.StateAnswer),
    ):
        assert isinstance(msgspec.convert(await known.post(path, body, status=202), kind), kind)
    for path, status in (("/nowhere", 404), ("/files?limit=x", 400), ("/tracks/9", 404)):
        assert msgspec.convert(await known.get(path, status=status), published.ErrorAnswer).code
