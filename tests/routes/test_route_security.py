"""Who may ask, and what browsers are told."""

from typing import Any

import pytest

from hosting import PREFIX, SHARED, Plugin

pytestmark = [pytest.mark.every_way, SHARED]

ALLOWED = "http://localhost:3000"


@pytest.fixture(scope="module")
def shared_changes() -> dict[str, Any]:
    """Allow pages of one foreign origin."""
    return {"allowed_origins": (ALLOWED,)}


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[::2]:80", "[::1"])
async def test_foreign_names_are_refused(shared: Plugin, name: str) -> None:
    """A request under another name (DNS rebinding) gets nothing, not even the page."""
    for path in ("/health", "/", "/events", "/status"):
        assert (await shared.get(path, status=403, headers={"Host": name}))["code"] == "host_not_allowed"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]", "[::1]:8765"])
async def test_own_names_are_accepted(shared: Plugin, name: str) -> None:
    """The port does not matter, nor does case."""
    assert (await shared.get("/health", headers={"Host": name}))["status"] == "healthy"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9", "file://", "http://[", "https://evil.example:3000"]
)
async def test_pages_of_foreign_origins_change_nothing(shared: Plugin, origin: str) -> None:
    """Neither body-less posts nor the stream are open to other pages; reading gives them no permission."""
    headers = {"Origin": origin}
    for path in ("/pause", "/scan", "", "/retry"):
        assert (await shared.post(path, status=403, headers=headers))["code"] == "origin_not_allowed"
    assert (await shared.get("/events", status=403, headers=headers))["code"] == "origin_not_allowed"
    async with shared.client.get(f"{PREFIX}/health", headers=headers) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
    assert (await shared.get("/status"))["state"] != "paused"


async def test_request_that_only_tells_its_site(shared: Plugin) -> None:
    """A browser that sends no origin but says the request crosses sites is refused too."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await shared.post("/pause", status=403, headers=headers))["code"] == "origin_not_allowed"


async def test_own_and_allowed_pages_may(shared: Plugin) -> None:
    """The page itself and pages of allowed origins may change things; the latter may read the answers."""
    await shared.post("/pause", status=202, headers={"Origin": f"http://127.0.0.1:{shared.client.port}"})
    async with shared.client.post(f"{PREFIX}/resume", headers={"Origin": ALLOWED}) as response:
        assert response.status == 202
        assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert "Origin" in response.headers["Vary"]


async def test_preflight(shared: Plugin) -> None:
    """Allowed origins learn what they may send; others are refused."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with shared.client.options(f"{PREFIX}/retry", headers=asked | {"Origin": ALLOWED}) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    async with shared.client.options(f"{PREFIX}/retry", headers=asked | {"Origin": "http://evil"}) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/files/7", "/events", "/metrics", "/status", ""])
async def test_every_answer_has_the_headers(shared: Plugin, path: str) -> None:
    """Answers, errors, streams and redirections carry what browsers obey."""
    async with shared.client.get(f"{PREFIX}{path}", allow_redirects=False) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert response.headers["Cache-Control"] in {"no-store", "no-cache"}
