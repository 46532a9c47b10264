"""Examples in docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import auralis_fp

MODULES = sorted(
    each.name
    for each in pkgutil.walk_packages(auralis_fp.__path__, "auralis_fp.")
    if not each.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Each example prints what its docstring shows."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
