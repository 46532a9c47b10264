"""The locked requirements agree with the metadata of the package."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def pins(path: Path) -> dict[str, set[str]]:
    """Return the pinned versions of a requirements file by normalised name."""
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall(path.read_text(encoding="utf-8")):
        found.setdefault(normalised(name), set()).add(version)
    return found


def normalised(name: str) -> str:
    """Return a package name in the form that package indexes compare."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(("lock", "extras"), [("run", []), ("test", ["test"]), ("check", ["test", "check"])])
def test_a_lock_file_has_every_requirement(lock: str, extras: list[str]) -> None:
    """`make lock` has been run since a requirement or a version changed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in extras for one in project["optional-dependencies"][extra])]
    locked, constraints = pins(ROOT / "requirements" / f"{lock}.txt"), pins(ROOT / "constraints.txt")
    assert {normalised(re.split(r"[\[=<>~! ;]", one)[0]) for one in wanted} <= set(locked)
    assert {name: versions for name, versions in locked.items() if versions != constraints.get(name)} == {}


def test_locked_files_have_hashes_and_no_addresses() -> None:
    """Each requirement has a hash, and none names the index it was found in."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in block, block


def test_the_version_has_one_source() -> None:
    """The build reads the version from the module that the package imports it from."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["version"]
    found = re.search(settings["pattern"], (ROOT / settings["path"]).read_text(encoding="utf-8"))
    assert found is not None
    assert found["version"] == __import__("auralis_fp").__version__
