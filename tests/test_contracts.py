"""Import rules that import-linter cannot check, and limits of the code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import auralis_fp

PACKAGE = Path(auralis_fp.__file__).parent
NUMERIC = {"numpy", "scipy", "soundfile", "av"}
CLUSTER = {"dask", "distributed", "pyarrow", "fsspec"}
FAMILIES = {"frequency", "dynamics", "temporal", "spectral", "harmonic", "variation", "stereo"}
WITH_TRANSFORMS = {"kernels", "spectrum"}


def imports(path: Path) -> set[str]:
    """Return the full names of everything that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            separator = "" if origin.endswith(".") else "."
            found |= {origin} | {f"{origin}{separator}{alias.name}" for alias in node.names}
    return found


def modules(folder: Path) -> list[Path]:
    """Return all modules below a folder."""
    return sorted(folder.rglob("*.py"))


def web_side() -> list[Path]:
    """Return the modules that the web process may import."""
    numeric = {("analysis",), ("demo",), ("similarity", "index")}
    return [
        path
        for path in modules(PACKAGE)
        if not {path.relative_to(PACKAGE).parts[:1], path.relative_to(PACKAGE).parts[:2]} & numeric
    ]


@pytest.mark.parametrize("path", web_side(), ids=lambda path: path.stem)
def test_the_web_side_imports_nothing_numeric(path: Path) -> None:
    """No module of the web process imports a numerical library, not even inside a function."""
    assert not {name.split(".")[0] for name in imports(path)} & NUMERIC


@pytest.mark.parametrize("name", ["tasks", "sandbox"])
def test_what_a_worker_starts_with_is_light(name: str) -> None:
    """Worker tasks import numerical libraries only when they run."""
    tree = ast.parse((PACKAGE / "workers" / f"{name}.py").read_text(encoding="utf-8"))
    top = {alias.name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    assert not top & (NUMERIC | {"analyze_file"})


@pytest.mark.parametrize("path", modules(PACKAGE / "analysis"), ids=lambda path: path.stem)
def test_only_the_spectra_transform(path: Path) -> None:
    """Only the spectrum modules compute FFTs; features reuse their spectra."""
    uses = any(name in {"numpy.fft", "scipy.fft", "scipy.fftpack"} for name in imports(path))
    assert not uses or path.parent.name in WITH_TRANSFORMS or path.stem in {"short_signal", "sub_fingerprints"}


@pytest.mark.parametrize("path", modules(PACKAGE / "analysis"), ids=lambda path: path.stem)
def test_families_do_not_know_each_other(path: Path) -> None:
    """Feature families do not import each other."""
    if path.stem in FAMILIES:
        assert not {name.lstrip(".").split(".")[0] for name in imports(path) if name.startswith(".")} & (
            FAMILIES - {path.stem}
        )


@pytest.mark.parametrize(
    "module",
    [
        "auralis_fp",
        "auralis_fp.app",
        "auralis_fp.workers.process",
        "auralis_fp.cluster.pool",
        "auralis_fp.cli.main",
        "auralis_fp.similarity.process",
    ],
)
def test_importing_it_loads_nothing_numeric(module: str) -> None:
    """A fresh interpreter that imports the module loads no numerical library."""
    script = f"import sys, {module}; print(sorted({NUMERIC | CLUSTER!r} & set(sys.modules)))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"


def test_house_limits_hold() -> None:
    """No module has more than 300 lines, no function body more than 45."""
    for path in modules(PACKAGE):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                assert (body[-1].end_lineno or 0) - body[0].lineno < 45, f"{path.name}: {node.name}"


def test_migrations_have_different_numbers() -> None:
    """Of two migrations with the same number, only one would run."""
    numbers = [path.name[:4] for path in (PACKAGE / "store" / "migrations").glob("*.sql")]
    assert sorted(numbers) == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
