"""Replacement of kernels by their compiled versions.

The NumPy functions of this package define what a kernel computes. ``compiled`` calls the compiled versions.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ...runtime.kernels import compiled_kernels

P = ParamSpec("P")
R = TypeVar("R")


def has_compiled(compiled: Callable[P, R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that replaces a kernel by its compiled version where that is used.

    Parameters
    ----------
    compiled : callable
        Takes and returns the same as the kernel. The kernel becomes its ``__wrapped__``.
    """

    def chosen(kernel: Callable[P, R]) -> Callable[P, R]:
        return kernel if compiled_kernels() is None else wraps(kernel)(compiled)

    return chosen
