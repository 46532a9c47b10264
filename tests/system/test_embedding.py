"""The snippets of the embedding page do what it says."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer
from pytest_aiohttp.plugin import AiohttpClient

import auralis_fp
from auralis_fp.settings import Settings
from hosting import PREFIX, UvicornServer, tone_file
from patience import LIMIT_SEC

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"```python\n# (\w+)\n(.*?)```", PAGE, re.DOTALL))
HOSTS = ("aiohttp", "fastapi", "starlette", "quart", "any", "mount")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Use one worker and keep the home folder untouched."""
    for name, value in {"WORKERS": "1", "WATCHING": "off", "BUSY_PERCENT": "0"}.items():
        monkeypatch.setenv(f"AURALIS_FP_{name}", value)
    monkeypatch.setenv("HOME", str(tmp_path))


def run(name: str, library: Path, tmp_path: Path) -> dict[str, Any]:
    """Run a snippet, and return what it defines."""
    names: dict[str, Any] = {"MUSIC": library, "DATA": tmp_path / "data", "__name__": "snippet"}
    exec(compile(SNIPPETS[name], f"{name} in embedding.md", "exec"), names)  # noqa: S102 - that is the point
    return names


def test_every_snippet_is_tested() -> None:
    """Each Python block of the page has a name, and each name a test."""
    assert PAGE.count("```python") == len(SNIPPETS)
    assert set(SNIPPETS) == {*HOSTS, "service", "client", "units"}


@pytest.mark.parametrize("name", HOSTS)
async def test_hosts(name: str, library: Path, tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    """Each host answers below the prefix and serves the page."""
    app = run(name, library, tmp_path)["app"]
    server: BaseTestServer = TestServer(app) if name == "aiohttp" else UvicornServer(app)
    client: TestClient[Any, Any] = await aiohttp_client(server)
    song = tone_file(library / "a.wav")
    place = f"{PREFIX}/" if name == "mount" else PREFIX
    async with client.post(place, json={"track_id": 1, "filepath": str(song)}) as response:
        assert response.status == 200, await response.text()
    async with client.get(f"{PREFIX}/") as response:
        assert "<html" in await response.text()


async def test_host_code(library: Path, tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    """The service answers and publishes results."""
    app = run("aiohttp", library, tmp_path)["app"]
    await aiohttp_client(app)
    names, heard = run("service", library, tmp_path), asyncio.Queue[tuple[str, dict[str, float]]]()
    listening = asyncio.create_task(names["follow"](app, lambda *what: heard.put_nowait(what)))
    await asyncio.sleep(0)  # it subscribes
    song = tone_file(library / "a.wav")
    fingerprint = await names["similar_sound"](app, song)
    async with asyncio.timeout(LIMIT_SEC):
        assert await heard.get() == (str(song), fingerprint)
    await app.shutdown()
    await listening


async def test_client_and_units(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results are stored, failures reported; numbers continue in the player's units."""
    song, found = tone_file(library / "a.wav"), list[Any]()
    client = run("client", library, tmp_path)["fingerprints"]
    await asyncio.to_thread(client, [song, library / "none.wav"], found.append)
    assert [each.path for each in found] == [str(song)]
    assert "scan missing" in capsys.readouterr().out
    names = run("units", library, tmp_path)
    assert names["for_the_database"](found[0])["low_mid_pct"] == found[0].fingerprint["low_mid_pct"] / 100
    assert "pitch_confidence" in names["for_the_interface"](found[0])


async def test_behind_a_proxy_that_strips_a_path(
    settings: Settings, library: Path, aiohttp_client: AiohttpClient
) -> None:
    """Redirects, page files and requests of the page use the path that the browser used."""
    app = web.Application()
    auralis_fp.setup(app, settings, prefix=PREFIX)
    inner = await aiohttp_client(app)

    async def forward(request: web.Request) -> web.Response:
        url = f"http://127.0.0.1:{inner.port}{request.rel_url.raw_path_qs.removeprefix('/player')}"
        body = await request.read()
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, data=body, headers=request.headers, allow_redirects=False) as response,
        ):
            kept = {k: v for k, v in response.headers.items() if k not in {"Transfer-Encoding", "Content-Length"}}
            return web.Response(status=response.status, body=await response.read(), headers=kept)

    proxy = web.Application()
    proxy.router.add_route("*", "/player/{path:.*}", forward)
    outer = await aiohttp_client(proxy)
    async with outer.get(f"/player{PREFIX}") as response:
        assert response.url.path == f"/player{PREFIX}/"
        page = await response.text()
    files = re.findall(r'(?:src|href)="([^"#:?]+)"', page)
    assert files
    for file in files:
        async with outer.get(f"/player{PREFIX}/{file}") as response:
            assert response.status == 200, await response.text()
    song = tone_file(library / "a.wav")
    origin = {"Origin": f"http://127.0.0.1:{outer.port}"}
    async with outer.post(f"/player{PREFIX}", json={"track_id": 1, "filepath": str(song)}, headers=origin) as response:
        assert response.status == 200, await response.text()
