"""The documentation says what the code does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from auralis_fp.schema import NAMES

ROOT = Path(__file__).parent.parent


def generator() -> ModuleType:
    """Return the module that writes the generated pages."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "dimensions.md", "api.md", "../static/fingerprint.d.ts"])
def test_generated_pages_are_current(name: str) -> None:
    """What `make docs` would write is what is there."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generator().PAGES[name]()


def test_links_lead_somewhere() -> None:
    """Every relative link of the README and the pages leads to a file of the project."""
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_truth_has_its_test() -> None:
    """The test that a dimension's page names is there."""
    pins = generator().PINS
    assert set(pins) == set(NAMES)
    for place in pins.values():
        file, test = place.split("::")
        assert f"def {test}(" in (ROOT / "tests" / "analysis" / file).read_text(encoding="utf-8"), place
