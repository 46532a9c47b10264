"""Settings over HTTP: shown, changed in their file, refused."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hosting import Host, Plugin, tone_file

pytestmark = pytest.mark.every_way


async def change(plugin: Plugin, changes: dict[str, Any], *, version: str | None = None, status: int = 200) -> Any:
    """Change settings as the page does."""
    version = (await plugin.get("/settings"))["version"] if version is None else version
    body = {"version": version, "changes": changes}
    return await plugin.post("/settings", body, status=status, headers={"Origin": plugin.origin})


def preference(answer: Any, name: str) -> Any:
    """Return one setting of an answer."""
    return next(item for item in answer["items"] if item["name"] == name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with a settings file."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "auralis-fp.toml").write_text('# mine\nignore = ["*.tmp"]\n')
    monkeypatch.chdir(home)
    return home


async def test_settings_are_shown_and_changed(folder: Path, host: Host) -> None:
    """A change is written to the file; what needs a restart is pending until then."""
    plugin = await host(ignore=("*.tmp",), busy_percent=90.0)
    shown = await plugin.get("/settings")
    assert preference(shown, "ignore") == {
        "name": "ignore",
        "value": ["*.tmp"],
        "default": [],
        "origin": "file",
        "restart": True,
        "pending": False,
    }
    assert preference(shown, "libraries")["origin"] == "program"
    assert shown["file"] == str(folder / "auralis-fp.toml")
    changed = await change(plugin, {"ignore": ["*.part", "a b"], "busy_percent": 80})
    ignored = preference(changed, "ignore")
    assert (ignored["value"], ignored["pending"]) == (["*.part", "a b"], True)
    written = (folder / "auralis-fp.toml").read_text()
    assert written.startswith("# mine\n")
    assert tomllib.loads(written) == {"ignore": ["*.part", "a b"], "busy_percent": 80}
    restored = await change(plugin, {"ignore": None})
    assert preference(restored, "ignore")["value"] == []


async def test_two_pages_change_settings_at_once(folder: Path, host: Host) -> None:
    """The second of two changes to the same version is refused, and nothing is written."""
    plugin = await host(ignore=("*.tmp",), busy_percent=90.0)
    version = (await plugin.get("/settings"))["version"]
    await change(plugin, {"busy_percent": 70}, version=version)
    refused = await change(plugin, {"busy_percent": 60}, version=version, status=409)
    assert refused["code"] == "settings_changed"
    assert tomllib.loads((folder / "auralis-fp.toml").read_text())["busy_percent"] == 70


async def test_bad_changes_are_refused(folder: Path, host: Host, library: Path) -> None:
    """Unknown, invalid and fixed settings, other origins and missing ones are refused with a reason."""
    plugin = await host(ignore=("*.tmp",), busy_percent=90.0)
    for changes in ({"token": "x"}, {"nonsense": 1}, {"busy_percent": 101}, {"quiet_hours": "night"}, {"ignore": 3}):
        answer = await change(plugin, changes, status=400)
        assert answer["detail"] == {"field": next(iter(changes))}
    assert (await change(plugin, {"libraries": [str(library)]}, status=409))["code"] == "setting_fixed"
    body = {"version": (await plugin.get("/settings"))["version"], "changes": {"busy_percent": 1}}
    for headers in ({}, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}):
        answer = await plugin.post("/settings", body, status=403, headers=headers)
        assert answer["code"] == "origin_not_allowed"
    assert tomllib.loads((folder / "auralis-fp.toml").read_text()) == {"ignore": ["*.tmp"]}


async def test_an_unwritable_file(folder: Path, host: Host) -> None:
    """A file that cannot be replaced is named with the reason, and nothing changes."""
    plugin = await host(ignore=("*.tmp",), busy_percent=90.0)
    version = (await plugin.get("/settings"))["version"]
    (folder / "auralis-fp.toml").unlink()
    (folder / "auralis-fp.toml").mkdir()
    answer = await change(plugin, {"busy_percent": 1}, version=version, status=409)
    assert (answer["code"], "auralis-fp.toml" in answer["error"]) == ("settings_file", True)


async def test_quiet_hours_change_at_once_and_can_be_ignored(folder: Path, host: Host, library: Path) -> None:
    """New quiet hours hold at once; work goes on in them when asked to, until they end."""
    assert (folder / "auralis-fp.toml").exists()
    plugin = await host(ignore=("*.tmp",), busy_percent=90.0)
    await plugin.until_idle()
    assert (await plugin.post("/work-anyway", status=409))["code"] == "no_quiet_hours"
    now = datetime.now().astimezone()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    assert not preference(await change(plugin, {"quiet_hours": hours}), "quiet_hours")["pending"]
    tone_file(library / "a.wav")
    await plugin.post("/scan", status=202)
    status = await plugin.until(lambda status: status["counts"]["pending"] == 1)
    assert status["state"] == "quiet_hours"
    await plugin.post("/work-anyway", status=202)
    await plugin.until(lambda status: status["counts"]["done"] == 1)
    await change(plugin, {"quiet_hours": None})
