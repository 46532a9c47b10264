"""Facts that have one owner in the analysis."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import auralis_fp.analysis
from auralis_fp import schema
from signals import RATE, Signal, measure, signal, sine, stereo

PACKAGE = Path(auralis_fp.analysis.__file__).parent
KEPT_WHEN_UNDEFINED = {"phase_correlation": 0.0}  # of one silent side


def code_of(path: Path) -> str:
    """Return the code of a module without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(...)
    return ast.unparse(tree)


def owners(pattern: str) -> list[str]:
    """Return the modules whose code matches a pattern."""
    found = (path for path in PACKAGE.rglob("*.py") if re.search(pattern, code_of(path)))
    return sorted(str(path.relative_to(PACKAGE)) for path in found)


@pytest.mark.parametrize(
    ("pattern", "owner"),
    [
        (r"\b1e-07\b", "spectrum/grid.py"),
        (r"np\.hanning", "kernels/windows.py"),
        (r"\(2 \+ np\.cos\(", "kernels/windows.py"),
        (r"curvature", "kernels/interpolation.py"),
    ],
    ids=["silence threshold", "Hann window", "Hann autocorrelation", "parabolic interpolation"],
)
def test_a_fact_has_one_owner(pattern: str, owner: str) -> None:
    """Thresholds and formulas are written in one module."""
    assert owners(pattern) == [owner]


def test_families_repeat_no_neutral_value() -> None:
    """Families leave undefined values out; only the array types and the extractor fill them in."""
    for path in (PACKAGE / "features").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FeatureValues":
                assert len(node.args) + len(node.keywords) == 1, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    "samples",
    [
        stereo(np.zeros(2 * RATE)),
        signal(np.zeros(RATE), np.zeros(RATE)),
        stereo(sine(440, 0.6)),
        signal(sine(60, 0.6), np.zeros(26_460)),
    ],
    ids=["silence", "short silence", "short tone", "one silent side"],
)
def test_undefined_values_are_neutral(samples: Signal) -> None:
    """Undefined dimensions have the neutral values of the schema, except for one that is known anyway."""
    found = measure(samples)
    assert found.undefined
    for name in found.undefined:
        expected = {schema.BY_NAME[name].neutral, KEPT_WHEN_UNDEFINED.get(name, schema.BY_NAME[name].neutral)}
        assert found.values[name] in expected, name
