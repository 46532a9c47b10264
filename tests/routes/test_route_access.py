"""Who is answered: the user of the service, users it trusts, and whoever shows the token."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.cli.serve import create_server
from auralis_fp.settings import Settings, load_server_settings
from hosting import PREFIX, Host, Plugin, tone_file
from strangers import STRANGER, as_stranger, needs_root, request_of

pytestmark = pytest.mark.every_way

TOKEN = "0123456789abcdef"  # noqa: S105 - not a real secret
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


def address(plugin: Plugin) -> tuple[str, int]:
    """Return where the plugin listens."""
    return "127.0.0.1", int(plugin.client.port or 0)


async def asked(plugin: Plugin, *requests: str, **options: Any) -> list[int]:
    """Return the answers to requests of another user."""
    return await asyncio.to_thread(as_stranger, address(plugin), list(requests), **options)


async def test_the_own_user_needs_no_token(host: Host, library: Path) -> None:
    """A client of the same user works unchanged."""
    plugin = await host(access="own-user")
    await plugin.ask(tone_file(library / "song.wav"))
    assert (await plugin.get("/health"))["unprotected"] == []


@needs_root
async def test_another_user_needs_the_token(host: Host) -> None:
    """For reading and for control, whatever the address that they claim."""
    plugin = await host(access="own-user", token=TOKEN)
    claims = ("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1", "X-Forwarded-For: ::1")
    requests = [request_of("GET", f"{PREFIX}/files"), request_of("POST", f"{PREFIX}/pause")]
    requests += [request_of("POST", f"{PREFIX}/pause", claim) for claim in claims]
    assert await asked(plugin, *requests) == [401] * len(requests)
    assert (await plugin.get("/status"))["state"] != "paused"
    shown = request_of("GET", f"{PREFIX}/files", f"Authorization: Bearer {TOKEN}")
    assert await asked(plugin, shown) == [200]


@needs_root
async def test_connections_that_close_at_once_are_not_root(host: Host, way: str) -> None:
    """The kernel lists closed sockets as those of user 0."""
    plugin = await host(access="own-user")
    await asked(plugin, *[request_of("POST", f"{PREFIX}/pause")] * (1000 if way == "serve" else 100), wait=False)
    status = await plugin.get("/status")
    assert status["state"] != "paused"
    assert not status["paused"]


@needs_root
async def test_a_trusted_user_needs_no_token(host: Host, way: str) -> None:
    """Such as that of a reverse proxy, which says whose requests it forwards; uvicorn then hides the proxy."""
    plugin = await host(access="own-user", trusted_users=(str(STRANGER),))
    requests = [request_of("GET", f"{PREFIX}/files", claim) for claim in ("X-Forwarded-For: 192.0.2.1", "Via: 1.1 p")]
    assert await asked(plugin, *requests) == [401 if way == "asgi" else 200, 200]
    assert await asked(plugin, *requests, user=33) == [401, 401]


async def test_a_forwarded_request_needs_the_token(host: Host) -> None:
    """Even through a proxy of the own user, which lets in who knows whom."""
    plugin = await host(access="own-user", token=TOKEN)
    for name, value in (("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 proxy")):
        refused = await plugin.get("/status", status=401, headers={name: value})
        assert refused["code"] == "token_needed"
        await plugin.get("/status", headers={name: value} | SHOWN)


async def test_the_token_can_be_needed_by_all(host: Host) -> None:
    """Also by the own user."""
    plugin = await host(access="token", token=TOKEN)
    assert (await plugin.get("/status", status=401))["code"] == "token_needed"
    await plugin.get("/status", headers=SHOWN)


async def test_the_host_can_decide(host: Host) -> None:
    """As by default in an embedding application: whoever it lets through is answered, and health says so."""
    plugin = await host()
    await plugin.get("/status", headers={"X-Forwarded-For": "192.0.2.1"})
    assert "host" in " ".join((await plugin.get("/health"))["unprotected"])


async def test_without_folders_only_the_own_user_is_answered(tmp_path: Path, aiohttp_client: Any, way: str) -> None:
    """Because then any file can be named; the token does not help others."""
    if way != "serve":
        pytest.skip("only the command serves without folders")
    settings = Settings(data_dir=tmp_path / "data", workers=1, access="own-user", token=TOKEN)
    plugin = Plugin(client := await aiohttp_client(create_server(settings)), client.app)
    await plugin.ask(tone_file(tmp_path / "song.wav"))
    for headers in ({"Via": "1.1 proxy"}, {"Via": "1.1 proxy"} | SHOWN):
        assert (await plugin.get("/status", status=403, headers=headers))["code"] == "own_user_only"
    async with client.get("/health", headers={"Via": "1.1 proxy"}) as response:
        assert response.status == 403
    if os.geteuid() == 0:
        assert await asked(plugin, request_of("GET", f"{PREFIX}/files", f"Authorization: Bearer {TOKEN}")) == [403]


def test_servers_of_our_own_are_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless access is set; a token of the user's is needed by all, an automatic one by others."""
    monkeypatch.chdir(tmp_path)
    assert load_server_settings({}).access == "own-user"
    assert load_server_settings({"token": "auto"}).access == "own-user"
    assert load_server_settings({"token": TOKEN}).access == "token"
    assert load_server_settings({"token": TOKEN, "access": "own-user"}).access == "own-user"
    monkeypatch.setenv("AURALIS_FP_ACCESS", "host")
    assert load_server_settings({}).access == "host"
