"""Compression, conditional requests, request ids and rate limits."""

import gzip
import logging
import zlib

import brotli
import pytest
from aiohttp import ClientSession

from auralis_fp.routes.middleware.compression import choose_coding
from auralis_fp.routes.middleware.rate_limit import BURST_SEC, CLIENTS, Limiter
from hosting import PREFIX, SHARED, Plugin

pytestmark = pytest.mark.every_way


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.1", "gzip"),
        ("deflate", "deflate"),
        ("gzip;q=0", None),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("gzip;q=x", None),
        ("zstd", None),
    ],
)
def test_accept_encoding(accepted: str, chosen: str | None) -> None:
    """Accept-Encoding: weights decide, rejected codings are not used, unknown ones are ignored."""
    assert choose_coding(accepted) == chosen


@SHARED
@pytest.mark.parametrize(
    ("coding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("deflate", zlib.decompress)]
)
async def test_long_bodies_are_compressed(shared: Plugin, coding: str, unpack: object) -> None:
    """Compressed bodies decompress to the original; short ones are not compressed."""
    async with ClientSession(auto_decompress=False) as session:
        url = shared.client.make_url(f"{PREFIX}/dimensions")
        async with session.get(url, headers={"Accept-Encoding": coding}) as response:
            assert response.headers["Content-Encoding"] == coding
            assert "Accept-Encoding" in ",".join(response.headers.getall("Vary"))
            assert callable(unpack)
            assert b'"dimensions"' in unpack(await response.read())
        async with session.get(
            shared.client.make_url(f"{PREFIX}/health"), headers={"Accept-Encoding": coding}
        ) as short:
            assert "Content-Encoding" not in short.headers


@SHARED
async def test_conditional_requests(shared: Plugin) -> None:
    """A matching If-None-Match is answered 304, any other with the body."""
    for path in ("/dimensions", "/openapi.json", "/files", "/points"):
        async with shared.client.get(f"{PREFIX}{path}") as response:
            tag = response.headers["ETag"]
        async with shared.client.get(f"{PREFIX}{path}", headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
        async with shared.client.get(f"{PREFIX}{path}", headers={"If-None-Match": 'W/"other"'}) as response:
            assert response.status == 200


@SHARED
async def test_request_ids(shared: Plugin, caplog: pytest.LogCaptureFixture) -> None:
    """A plain request id is adopted, any other replaced; it appears on responses, errors and log records."""
    caplog.set_level(logging.DEBUG, "auralis_fp")
    for path in ("/health", "/nowhere", "/events"):
        async with shared.client.get(f"{PREFIX}{path}", headers={"X-Request-ID": "abc-123"}) as response:
            assert response.headers["X-Request-ID"] == "abc-123"
    async with shared.client.get(f"{PREFIX}/health", headers={"X-Request-ID": "a b<script>"}) as response:
        assert response.headers["X-Request-ID"] != "a b<script>"
        assert response.headers["X-Request-ID"].isalnum()
    fields = [vars(record) for record in caplog.records if record.name == "auralis_fp.routes.middleware.request_id"]
    assert any(
        (one["request_id"], one["path"], one["status"]) == ("abc-123", f"{PREFIX}/health", 200) for one in fields
    )


def test_token_bucket() -> None:
    """Token bucket: a burst, then the sustained rate, separately for each client and in bounded memory."""
    now = [0.0]
    limiter = Limiter(10, lambda: now[0])
    assert [limiter.wait_sec("a") for _ in range(int(10 * BURST_SEC))] == [0] * int(10 * BURST_SEC)
    assert limiter.wait_sec("a") == 1
    assert limiter.wait_sec("b") == 0
    now[0] += 0.1
    assert (limiter.wait_sec("a"), limiter.wait_sec("a")) == (0, 1)
    for number in range(2 * CLIENTS):
        limiter.wait_sec(str(number))
    assert len(limiter._buckets) <= CLIENTS
    assert Limiter(0).wait_sec("a") == 0
