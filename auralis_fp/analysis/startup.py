"""A faster start of a process that analyses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

import numpy as np

_UNUSED: Final = ("f2py", "testing")


@contextmanager
def without_unused_modules() -> Iterator[None]:
    """Keep SciPy, imported in this context, from importing ``numpy.f2py`` and ``numpy.testing``.

    SciPy copies all public names of NumPy, which imports every public module. The analysis uses neither of these two,
    which take a sixth of the time of all imports. SciPy copies empty modules instead; programs that use NumPy's
    afterwards import them as usual.
    """
    absent = [name for name in _UNUSED if f"{np.__name__}.{name}" not in sys.modules]
    for name in absent:
        setattr(np, name, ModuleType(f"{np.__name__}.{name}"))
    try:
        yield
    finally:
        for name in absent:
            delattr(np, name)
