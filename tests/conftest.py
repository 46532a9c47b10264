"""Shared fixtures: a music folder, its settings, and a host application."""

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp.settings import Settings
from auralis_fp.workers.sandbox import ONE_THREAD

# Before NumPy is imported: the threads of OpenBLAS spin while they wait for each other on a busy machine.
os.environ |= dict.fromkeys(ONE_THREAD, "1")

from hosting import WAYS, Client, Host, Plugin, served

pytest_plugins = ("sealed_fixtures",)

# No property test fails because the machine is slow.
hypothesis.settings.register_profile(
    "any machine", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# A shell that runs the tests in the background, or nohup, ignores these signals, and programs that tests start would
# inherit that. A handler is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make test-quick`."""
    parser.addoption(
        "--one-way",
        action="store_true",
        help="run tests marked every_way in an aiohttp host only, and decode without a seal",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked ``every_way`` once for each way of serving the plugin."""
    if metafunc.definition.get_closest_marker("every_way") and "way" in metafunc.fixturenames:
        ways = WAYS[:1] if metafunc.config.getoption("--one-way") else WAYS
        metafunc.parametrize("way", ways, indirect=True)


@pytest.fixture(scope="module")
def way(request: pytest.FixtureRequest) -> str:
    """Return the way of serving the plugin."""
    return getattr(request, "param", "aiohttp")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return an empty music folder."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(library: Path, tmp_path: Path) -> Settings:
    """Return settings for this folder with one worker and without file-system events."""
    return _settings(library, tmp_path)


@pytest.fixture
def host(settings: Settings, aiohttp_client: AiohttpClient, way: str) -> Host:
    """Return a function that starts a host application with the plugin; keyword arguments are settings."""

    async def start(**changes: Any) -> Plugin:
        server, app = served(way, replace(settings, **changes))
        return Plugin(await aiohttp_client(server), app)

    return start


@pytest.fixture
async def plugin(host: Host) -> Plugin:
    """Return a running plugin for the empty folder."""
    return await host()


@pytest.fixture(scope="module")
def shared_library(way: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the empty music folder of ``shared``."""
    folder = tmp_path_factory.mktemp(way) / "music"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def shared_changes() -> dict[str, Any]:
    """Return settings of ``shared`` that differ from the default; modules override this."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    way: str, shared_library: Path, shared_changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Plugin]:
    """Return a running plugin for read-only tests of a module, marked ``hosting.SHARED``."""
    settings = replace(_settings(shared_library, tmp_path_factory.mktemp("shared")), **shared_changes)
    server, app = served(way, settings)
    client: Client = TestClient(server)
    async with client:
        yield Plugin(client, app)


def _settings(library: Path, place: Path) -> Settings:
    return Settings(libraries=(library,), data_dir=place / "data", workers=1, watching="off", busy_percent=0)
