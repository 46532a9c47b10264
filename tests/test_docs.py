"""The documentation agrees with the code."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from auralis_fp.schema import NAMES

ROOT = Path(__file__).parent.parent


def script(name: str) -> ModuleType:
    """Load a script of the documentation folder as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "dimensions.md", "api.md", "../static/fingerprint.d.ts"])
def test_generated_pages_are_current(name: str) -> None:
    """The committed pages equal the output of `make docs`."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == script("generate").PAGES[name]()


def test_links_lead_somewhere() -> None:
    """Every relative link in the documents leads to an existing file."""
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_truth_has_its_test() -> None:
    """Every test named on the dimensions page exists."""
    pins = script("generate").PINS
    assert set(pins) == set(NAMES)
    for place in pins.values():
        file, test = place.split("::")
        assert f"def {test}(" in (ROOT / "tests" / "analysis" / file).read_text(encoding="utf-8"), place


def test_the_prose_lint_finds_phrases(tmp_path: Path) -> None:
    """The lint checks documents, and comments and sentences of code; phrases may span lines."""
    lint = script("prose_lint")
    phrase = "owed"
    code = f"{phrase} = 1\n# One, by\n# and by\nx = '{phrase}'\ny = '{phrase} today'\n"
    found = [(one.line, one.phrase) for one in lint.findings(tmp_path / "code.py", code)]
    assert found == [(2, "by # and by"), (5, "owed")]
    assert [one.line for one in lint.findings(tmp_path / "page.md", f"One\n{phrase} two")] == [2]


def test_paths_in_the_documents_exist() -> None:
    """Every project file named in a document exists."""
    pattern = re.compile(r"`((?:auralis_fp|bench|docs|static|tests|analysis|files|workers)/[\w./-]+\.\w+)")
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for name in pattern.findall(page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists() or (ROOT / "auralis_fp" / name).exists(), f"{page.name}: {name}"


def test_the_map_names_every_room() -> None:
    """The table of rooms lists every sub-package and public module, and no missing module."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|.*\| (.*?)\|$", page, re.MULTILINE)
    rooms = {room for names, _ in rows for room in re.findall(r"`(\w+)`", names)}
    package = ROOT / "auralis_fp"
    present = {path.stem for path in package.iterdir() if not path.name.startswith("_")} - {"py", "units"}
    assert present <= rooms, "add a row to the table of rooms in docs/architecture.md"
    for names, modules in rows:
        room = package / names.strip("`")
        for module in re.findall(r"`([\w/]+)`", modules):
            assert (room / module).is_dir() or (room / f"{module}.py").is_file(), (names, module)
        folders = {path.name for path in room.glob("*") if (path / "__init__.py").is_file()}
        assert folders <= set(re.findall(r"`(\w+)/`", modules)), names
