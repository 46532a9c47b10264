"""Invalid input to every operation, with every kind of server: the error body, and an unaffected service."""

import io
import os
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import service
from auralis_fp.routes.operations import OPERATIONS
from hosting import PREFIX, Plugin, eventually, tone_file

pytestmark = pytest.mark.every_way

POSTS = sorted(operation.path for operation in OPERATIONS if operation.method == "post")
GETS = sorted(operation.path for operation in OPERATIONS if operation.method == "get" and operation.path)
WITH_FIELDS: dict[str, dict[str, Any]] = {
    "": {"track_id": 1, "filepath": "/a.wav"},
    "/batch": {"items": []},
    "/playing": {"playing": True},
    "/prioritise": {"ids": [1]},
    "/reanalyse": {"ids": [1]},
}
JSON = {"Content-Type": "application/json"}


async def refused(plugin: Plugin, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
    """Return the error body of a response; fail if it has another shape."""
    async with plugin.client.request(method, f"{PREFIX}{path}", **options) as response:
        assert response.status == status, (method, path, await response.text())
        body: dict[str, Any] = await response.json()
    assert sorted(body) == ["code", "detail", "error"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    return body


async def test_unsupported_methods(plugin: Plugin) -> None:
    """405 responses name the allowed methods at every path."""
    for path in (path.format(file_id=1, track_id=1) for path in GETS):
        for method in ("PUT", "DELETE", "PATCH", *(() if path in POSTS else ("POST",))):
            assert (await refused(plugin, method, path, 405))["code"] == "method_not_allowed"
    for path in POSTS:
        for method in ("PUT", "DELETE", "PATCH", *(("GET",) if path and path not in GETS else ())):
            async with plugin.client.request(method, f"{PREFIX}{path}") as response:
                assert response.status == 405
                assert "POST" in response.headers["Allow"]


async def test_invalid_bodies(plugin: Plugin) -> None:
    """Bodies of another content type, invalid JSON, other types, unknown or missing fields are rejected."""
    plugin.client.session.headers["Origin"] = plugin.origin  # settings are changed from the page only
    for path in POSTS:
        assert (await refused(plugin, "POST", path, 415, data=b"a=1", headers={"Content-Type": "text/plain"}))["code"]
        for raw in (b"{", b"\xff", b"NaN", b"[" * 50_000):
            assert (await refused(plugin, "POST", path, 400, data=raw, headers=JSON))["code"] == "bad_json"
        for raw in (b"[]", b"1", b'"text"', b"null"):
            assert (await refused(plugin, "POST", path, 400, data=raw, headers=JSON))["code"] == "bad_field"
        unknown = WITH_FIELDS.get(path, {}) | {"colour": "red"}
        assert (await refused(plugin, "POST", path, 400, json=unknown))["detail"] == {"field": "colour"}
        if path in WITH_FIELDS:
            for field in WITH_FIELDS[path]:
                missing = {name: value for name, value in WITH_FIELDS[path].items() if name != field}
                assert (await refused(plugin, "POST", path, 400, json=missing))["detail"] == {"field": field}
                wrong = WITH_FIELDS[path] | {field: {"of": "another kind"}}
                assert (await refused(plugin, "POST", path, 400, json=wrong))["detail"] == {"field": field}
        assert (await refused(plugin, "POST", path, 413, data=io.BytesIO(b" " * (2 << 20)), headers=JSON))[
            "code"
        ] == "too_large"
    await plugin.until_healthy()


async def test_unknown_query_parameters(plugin: Plugin) -> None:
    """Every operation names unknown query parameters."""
    for path in GETS:
        if "{" not in path:
            assert (await refused(plugin, "GET", f"{path}?colour=red", 400))["detail"] == {"field": "colour"}


@pytest.mark.parametrize("number", ["-1", "1.5", "1e3", "0x1", "abc", "9" * 19, "9" * 400, "%00", "%D9%A1", "1%0a"])
async def test_invalid_ids(plugin: Plugin, number: str) -> None:
    """Invalid ids in the path are 404."""
    for path in ("files", "tracks"):
        assert (await refused(plugin, "GET", f"/{path}/{number}", 404))["code"]


async def test_unusual_file_paths(plugin: Plugin, library: Path) -> None:
    """Unusual paths, alone and in a batch, are rejected item by item without opening a file."""
    os.mkfifo(library / "pipe.wav")
    (library / "folder.wav").mkdir()
    odd = {
        "/a\0b.wav": 400,
        "a.wav": 400,
        f"{library}/a\nb.wav": 404,
        f"{library}/\ud800.wav": 400,
        f"{library}/{'x' * 5000}.wav": 404,
        f"{library}/{'y/' * 2500}a.wav": 404,
        f"{library}/../../etc/passwd": 403,
        f"{library}/folder.wav": 415,
        f"{library}/pipe.wav": 415,
        "/dev/zero": 403,
        "/dev/stdin": 403,
    }
    for path, status in odd.items():
        assert (await refused(plugin, "POST", "", status, json={"track_id": 1, "filepath": path}))["code"]
    items = [{"track_id": number, "filepath": path} for number, path in enumerate(odd)]
    async with plugin.client.post(f"{PREFIX}/batch", json={"items": items}) as response:
        lines = (await response.text()).splitlines()
    assert len(lines) == len(odd)
    assert all('"error"' in line for line in lines)
    assert (await plugin.get("/status"))["counts"]["total"] == 0


async def test_disconnects(plugin: Plugin, library: Path) -> None:
    """A disconnect during a batch, a stream or a download leaves no task behind."""
    for number in range(3):
        tone_file(library / f"{number}.wav", 1.0 + number)
    items = [{"track_id": number, "filepath": str(library / f"{number}.wav")} for number in range(3)]
    for method, path, body in (
        ("POST", "/batch", {"items": items}), ("GET", "/events", None), ("GET", "/failures.csv", None),
        ("POST", "", items[0]),
    ):  # fmt: skip
        response = await plugin.client.request(method, f"{PREFIX}{path}", json=body)
        response.close()
    await plugin.until(lambda status: status["counts"]["done"] == status["counts"]["total"] > 0)
    await eventually(lambda: service(plugin.app).listeners == 0)
    await plugin.until_healthy()
