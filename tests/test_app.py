"""Mounting the plugin into aiohttp applications."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp import create_app, service, setup
from auralis_fp.errors import SettingsError
from auralis_fp.settings import Settings
from hosting import tone_file
from patience import LIMIT_SEC


@pytest.mark.parametrize("prefix", ["", "/", "//", "fingerprint"])
def test_prefix_must_be_a_path(settings: Settings, prefix: str) -> None:
    """The prefix must be a path of at least one segment."""
    with pytest.raises(ValueError, match="prefix"):
        setup(web.Application(), settings, prefix=prefix)


def test_settings_by_name(library: Path, tmp_path: Path) -> None:
    """Settings can be given by name; an unknown one is rejected."""
    app = web.Application()
    setup(app, libraries=[library], data_dir=tmp_path)
    assert service(app).settings.libraries == (library,)
    with pytest.raises(SettingsError, match="librarys"):
        setup(web.Application(), librarys=[library])


async def test_two_plugins_in_one_host(
    settings: Settings, library: Path, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """Two plugins with separate data do not affect each other or the host."""
    app = web.Application()
    setup(app, settings, prefix="/one/fp/")
    app.add_subapp("/two", create_app(replace(settings, data_dir=tmp_path / "other")))
    with pytest.raises(ValueError, match="already"):
        setup(app, settings, prefix="/one/fp")
    client = await aiohttp_client(app)
    song = tone_file(library / "a.wav")
    for prefix in ("/one/fp", "/two"):
        async with client.post(prefix, json={"track_id": 1, "filepath": str(song)}) as response:
            assert response.status == 200
    async with client.get("/nowhere") as response:
        assert response.status == 404
        assert response.content_type == "text/plain"


async def test_standalone_plugin(settings: Settings, aiohttp_client: AiohttpClient) -> None:
    """A standalone plugin answers at the root."""
    client = await aiohttp_client(create_app(settings))
    async with client.get("/health") as response:
        assert response.status == 200
    async with client.post("/", json={}) as response:
        assert response.status == 400


async def test_services_of_a_host_with_several_plugins(settings: Settings, tmp_path: Path) -> None:
    """A service is found by its prefix, which is required if there are several."""
    app = web.Application()
    with pytest.raises(LookupError, match="mounted here: none"):
        service(app)
    first = setup(app, settings, prefix="/one")
    assert service(app) is service(first) is service(app, "/one/")
    second = setup(app, replace(settings, data_dir=tmp_path / "other"), prefix="/two")
    assert service(app, "/two") is service(second) is not service(first)
    with pytest.raises(LookupError, match="/one, /two"):
        service(app)
    with pytest.raises(LookupError, match="/three"):
        service(app, "/three")


async def test_two_hosts_in_one_process(
    settings: Settings, library: Path, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """Two hosts work with separate data; with the same data the second answers 503 with the reason."""
    song, answers = tone_file(library / "a.wav"), list[tuple[int, str]]()
    for data_dir in (settings.data_dir, tmp_path / "other", settings.data_dir):
        app = web.Application()
        setup(app, replace(settings, data_dir=data_dir))
        client = await aiohttp_client(app)
        async with client.post("/fingerprint", json={"track_id": 1, "filepath": str(song)}) as response:
            answers.append((response.status, (await response.json()).get("code", "")))
    assert answers == [(200, ""), (200, ""), (503, "not_started")]


ALL_MODULES = """
import importlib, pkgutil
import auralis_fp
from aiohttp import web

for module in pkgutil.walk_packages(auralis_fp.__path__, "auralis_fp."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
app = web.Application()
auralis_fp.setup(app)
assert auralis_fp.service(app) is auralis_fp.service(app)
assert callable(auralis_fp.setup) and callable(auralis_fp.create_app)
"""


@pytest.mark.slow
def test_no_module_shadows_a_public_function(settings: Settings) -> None:
    """After every submodule has been imported, ``auralis_fp.service`` is still the function."""
    environment = os.environ | {"AURALIS_FP_DATA_DIR": str(settings.data_dir)}
    subprocess.run([sys.executable, "-c", ALL_MODULES], env=environment, check=True, timeout=LIMIT_SEC)
