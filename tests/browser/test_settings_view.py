"""The settings view: values are saved, fixed ones cannot be edited, and two tabs do not overwrite each other."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser_axe import AXE, faults_by_axe
from browser_service import Running, Visit, serving, told, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Running]:
    """Run a service in a folder with a settings file."""
    write_song(tmp_path / "music" / "one.wav")
    (tmp_path / "auralis-fp.toml").write_text("# by hand\nkeep_missing_days = 30\n")
    with serving(tmp_path / "music", tmp_path / "data", folder=tmp_path, busy_percent=None) as running:
        yield running


def opened(running: Running, visit: Visit) -> Page:
    """Return the page at the settings."""
    page = visit(f"{running.url}#settings")
    expect(page.locator("[data-setting=quiet_hours]")).to_be_visible()
    return page


def test_settings_are_saved(configured: Running, visit: Visit, tmp_path: Path) -> None:
    """A change is written to the file, a fixed setting is disabled, and a pending one is named."""
    page = opened(configured, visit)
    expect(page.get_by_role("textbox", name="Music folders", exact=True)).to_be_disabled()
    page.get_by_role("textbox", name="Ignored").fill("*.tmp\nPodcasts/*")
    page.get_by_role("combobox", name="Sidecar files").select_option("off")
    page.get_by_role("button", name="Save").click()
    told(page, "Settings saved.")
    expect(page.locator("#view-settings .fault.note")).to_have_text(
        "Takes effect at the next start: Sidecar files, Ignored."
    )
    text = (tmp_path / "auralis-fp.toml").read_text("utf-8")
    assert text.startswith("# by hand\n")
    expected = {"keep_missing_days": 30, "ignore": ["*.tmp", "Podcasts/*"], "sidecars": "off"}
    assert tomllib.loads(text) == expected
    page.evaluate(AXE)
    assert faults_by_axe(page) == []


def test_two_tabs_do_not_overwrite_each_other(configured: Running, visit: Visit, faults: list[str]) -> None:
    """The second tab reports that the settings changed, and loads them before it changes them."""
    first, second = opened(configured, visit), opened(configured, visit)
    first.get_by_role("spinbutton", name="Wait for other programs").fill("70")
    first.get_by_role("button", name="Save").click()
    told(first, "Settings saved.")
    field = second.get_by_role("spinbutton", name="Wait for other programs")
    field.fill("60")
    second.get_by_role("button", name="Save").click()
    expect(second.locator("#ask")).to_contain_text("Changed elsewhere")
    second.get_by_role("button", name="Load the present settings").click()
    expect(field).to_have_value("70")
    faults[:] = [fault for fault in faults if "409" not in fault]  # logged by the browser


def test_a_file_that_cannot_be_written_is_explained(
    configured: Running, visit: Visit, tmp_path: Path, faults: list[str]
) -> None:
    """The message names the file, and the changes stay in the form."""
    page = opened(configured, visit)
    (tmp_path / "auralis-fp.toml").unlink()
    (tmp_path / "auralis-fp.toml").mkdir()
    page.get_by_role("spinbutton", name="Wait for other programs").fill("60")
    page.get_by_role("button", name="Save").click()
    told(page, "auralis-fp.toml cannot be read")
    expect(page.get_by_role("spinbutton", name="Wait for other programs")).to_have_value("60")
    faults[:] = [fault for fault in faults if "409" not in fault]  # logged by the browser
