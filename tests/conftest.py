"""What most tests start from: a music folder, settings for it, and a host application."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp.settings import Settings
from hosting import WAYS, Host, Plugin, served

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that starts us in the background has Ctrl-C ignored,
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the programs started here must not inherit


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked ``every_way`` with the plugin served in each way, as far as they ask for it."""
    if metafunc.definition.get_closest_marker("every_way") and "host" in metafunc.fixturenames:
        metafunc.parametrize("host", WAYS, indirect=True)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return an empty folder for music."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(library: Path, tmp_path: Path) -> Settings:
    """Return settings for one worker and that folder, without waiting for file system events."""
    return Settings(libraries=(library,), data_dir=tmp_path / "data", workers=1, watching="off", busy_percent=0)


@pytest.fixture
def host(settings: Settings, aiohttp_client: AiohttpClient, request: pytest.FixtureRequest) -> Host:
    """Return a function that starts a host application with the plugin; it takes settings by name."""
    way: str = getattr(request, "param", "aiohttp")

    async def start(**changes: Any) -> Plugin:
        server, app = served(way, replace(settings, **changes))
        return Plugin(await aiohttp_client(server), app)

    return start


@pytest.fixture
async def plugin(host: Host) -> Plugin:
    """Return a running plugin over the empty folder."""
    return await host()
