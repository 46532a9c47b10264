"""Mounting the plugin."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp import create_app, service, setup
from auralis_fp.errors import SettingsError
from auralis_fp.settings import Settings
from hosting import tone_file


@pytest.mark.parametrize("prefix", ["", "/", "//", "fingerprint"])
def test_prefix_must_be_a_path(settings: Settings, prefix: str) -> None:
    """The plugin needs a place of its own in the host."""
    with pytest.raises(ValueError, match="prefix"):
        setup(web.Application(), settings, prefix=prefix)


def test_settings_by_name(library: Path, tmp_path: Path) -> None:
    """Settings can be given by name; a wrong one is refused at once."""
    app = web.Application()
    setup(app, libraries=[library], data_dir=tmp_path)
    assert service(app).settings.libraries == (library,)
    with pytest.raises(SettingsError, match="librarys"):
        setup(web.Application(), librarys=[library])


async def test_two_plugins_in_one_host(
    settings: Settings, library: Path, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """Two of them, with data of their own, do not disturb each other or the host."""
    app = web.Application()
    setup(app, settings, prefix="/one/fp/")
    app.add_subapp("/two", create_app(replace(settings, data_dir=tmp_path / "other")))
    client = await aiohttp_client(app)
    song = tone_file(library / "a.wav")
    for prefix in ("/one/fp", "/two"):
        async with client.post(prefix, json={"track_id": 1, "filepath": str(song)}) as response:
            assert response.status == 200
    async with client.get("/nowhere") as response:
        assert response.status == 404
        assert response.content_type == "text/plain"


async def test_plugin_as_an_application_of_its_own(settings: Settings, aiohttp_client: AiohttpClient) -> None:
    """Without a host it answers at the root."""
    client = await aiohttp_client(create_app(settings))
    async with client.get("/health") as response:
        assert response.status == 200
    async with client.post("/", json={}) as response:
        assert response.status == 400
