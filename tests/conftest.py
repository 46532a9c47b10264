"""What most tests start from: a music folder, settings for it, and a host application."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from auralis_fp.app import setup
from auralis_fp.settings import Settings
from hosting import PREFIX, Host, Plugin

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that starts us in the background has Ctrl-C ignored,
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the programs started here must not inherit


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
def host(settings: Settings, aiohttp_client: AiohttpClient) -> Host:
    """Return a function that starts a host application with the plugin; it takes settings by name."""

    async def start(**changes: Any) -> Plugin:
        app = web.Application()
        setup(app, replace(settings, **changes), prefix=PREFIX)
        return Plugin(await aiohttp_client(app), app)

    return start


@pytest.fixture
async def plugin(host: Host) -> Plugin:
    """Return a running plugin over the empty folder."""
    return await host()
