"""What most tests start from: a music folder, settings for it, and a host application."""

import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp.settings import Settings
from hosting import WAYS, Client, Host, Plugin, served

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that starts us in the background has Ctrl-C ignored,
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the programs started here must not inherit


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked ``every_way`` with the plugin served in each way, as far as they ask for it."""
    if metafunc.definition.get_closest_marker("every_way") and "way" in metafunc.fixturenames:
        metafunc.parametrize("way", WAYS, indirect=True)


@pytest.fixture(scope="module")
def way(request: pytest.FixtureRequest) -> str:
    """Return how the plugin is served."""
    return getattr(request, "param", "aiohttp")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return an empty folder for music."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(library: Path, tmp_path: Path) -> Settings:
    """Return settings for one worker and that folder, without waiting for file system events."""
    return _settings(library, tmp_path)


@pytest.fixture
def host(settings: Settings, aiohttp_client: AiohttpClient, way: str) -> Host:
    """Return a function that starts a host application with the plugin; it takes settings by name."""

    async def start(**changes: Any) -> Plugin:
        server, app = served(way, replace(settings, **changes))
        return Plugin(await aiohttp_client(server), app)

    return start


@pytest.fixture
async def plugin(host: Host) -> Plugin:
    """Return a running plugin over the empty folder."""
    return await host()


@pytest.fixture(scope="module")
def shared_library(way: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder for the music of ``shared``."""
    folder = tmp_path_factory.mktemp(way) / "music"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def shared_changes() -> dict[str, Any]:
    """Return the settings of ``shared`` that are not the usual ones; modules have their own."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    way: str, shared_library: Path, shared_changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Plugin]:
    """Return a running plugin for the tests of a module that only read, marked ``hosting.SHARED``."""
    settings = replace(_settings(shared_library, tmp_path_factory.mktemp("shared")), **shared_changes)
    server, app = served(way, settings)
    client: Client = TestClient(server)
    async with client:
        yield Plugin(client, app)


def _settings(library: Path, place: Path) -> Settings:
    return Settings(libraries=(library,), data_dir=place / "data", workers=1, watching="off", busy_percent=0)
