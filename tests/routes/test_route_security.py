"""Access control and security headers."""

from typing import Any

import pytest

from hosting import PREFIX, SHARED, Plugin

pytestmark = [pytest.mark.every_way, SHARED]

ALLOWED = "http://localhost:3000"


@pytest.fixture(scope="module")
def shared_changes() -> dict[str, Any]:
    """Return settings that allow one foreign origin."""
    return {"allowed_origins": (ALLOWED,)}


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[::2]:80", "[::1"])
async def test_foreign_hosts_are_rejected(shared: Plugin, name: str) -> None:
    """A foreign Host (DNS rebinding) is rejected, also for the page."""
    for path in ("/health", "/", "/events", "/status"):
        assert (await shared.get(path, status=403, headers={"Host": name}))["code"] == "host_not_allowed"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]", "[::1]:8765"])
async def test_own_hosts_are_accepted(shared: Plugin, name: str) -> None:
    """Host names are compared without port and case."""
    assert (await shared.get("/health", headers={"Host": name}))["status"] == "healthy"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9", "file://", "http://[", "https://evil.example:3000"]
)
async def test_foreign_origins_are_rejected(shared: Plugin, origin: str) -> None:
    """Other origins can neither post without a body nor open the stream, and reads grant no CORS permission."""
    headers = {"Origin": origin}
    for path in ("/pause", "/scan", "", "/retry"):
        assert (await shared.post(path, status=403, headers=headers))["code"] == "origin_not_allowed"
    assert (await shared.get("/events", status=403, headers=headers))["code"] == "origin_not_allowed"
    async with shared.client.get(f"{PREFIX}/health", headers=headers) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
    assert (await shared.get("/status"))["state"] != "paused"


async def test_sec_fetch_site(shared: Plugin) -> None:
    """Sec-Fetch-Site: cross-site is rejected without an Origin."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await shared.post("/pause", status=403, headers=headers))["code"] == "origin_not_allowed"


async def test_own_and_allowed_origins(shared: Plugin) -> None:
    """The own page and allowed origins can post; allowed origins can read responses."""
    await shared.post("/pause", status=202, headers={"Origin": f"http://127.0.0.1:{shared.client.port}"})
    async with shared.client.post(f"{PREFIX}/resume", headers={"Origin": ALLOWED}) as response:
        assert response.status == 202
        assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize(("origin", "status"), [(ALLOWED, 200), ("http://evil.example", 403)])
async def test_images_in_pages_of_other_origins(shared: Plugin, origin: str, status: int) -> None:
    """Images and sounds have no Origin; they load in pages of allowed origins, which the Referer names."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Referer": f"{origin}/"}
    async with shared.client.get(f"{PREFIX}/icon.svg", headers=headers) as response:
        assert response.status == status
        embeddable = response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert embeddable == (status == 200)
    assert (await shared.post("/pause", status=403, headers=headers))["code"] == "origin_not_allowed"


async def test_preflight(shared: Plugin) -> None:
    """CORS preflight succeeds for allowed origins only."""
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
async def test_security_headers(shared: Plugin, path: str) -> None:
    """Responses, errors, streams and redirects have the security headers."""
    async with shared.client.get(f"{PREFIX}{path}", allow_redirects=False) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert response.headers["Cache-Control"] in {"no-store", "no-cache"}
