"""The locked requirements agree with the metadata of the package."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from auralis_fp._version import __version__

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


METADATA = """
import json
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
core = ProjectMetadata(".", PluginManager()).core
print(json.dumps([core.readme, core.urls]))
"""


def pins(path: Path) -> dict[str, set[str]]:
    """Return the pinned versions of a requirements file by normalised name."""
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall(path.read_text(encoding="utf-8")):
        found.setdefault(normalised(name), set()).add(version)
    return found


def normalised(name: str) -> str:
    """Return a package name in the form that package indexes compare."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_core_is_locked() -> None:
    """The version that builds the compiled kernels is the same for `make core` and for `pip install ./core`."""
    constraints, locked = pins(ROOT / "constraints.txt"), pins(ROOT / "requirements" / "core.txt")
    settings = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8"))
    assert locked == {"maturin": constraints["maturin"]}
    assert settings["build-system"]["requires"] == [f"maturin=={version}" for version in constraints["maturin"]]
    assert "version = 3\n" in (ROOT / "core" / "Cargo.lock").read_text(encoding="utf-8")  # that of Rust 1.63


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


@pytest.mark.parametrize("repository", [None, "someone/auralis-fp"])
def test_the_readme_has_no_dead_links_on_a_package_index(repository: str | None) -> None:
    """A release turns links and pictures into addresses at its tag; other builds leave the README as it is."""
    names = {"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": repository} if repository else {}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(
        [sys.executable, "-c", METADATA], cwd=ROOT, env={**kept, **names}, capture_output=True, text=True, check=True
    )
    readme, urls = json.loads(done.stdout)
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    assert len(targets) > 20
    if repository is None:
        assert (readme, urls) == ((ROOT / "README.md").read_text(encoding="utf-8"), {})
    else:
        assert all(target.startswith(("https://", "#")) for target in targets)
        pictures = [target for target in targets if target.endswith(".png")]
        start = f"https://git.example/{repository}/raw/v{__version__}/"
        assert all(target.startswith(start) for target in pictures)
        assert all((ROOT / target.removeprefix(start)).exists() for target in pictures)
        assert urls["Source"] == f"https://git.example/{repository}"
