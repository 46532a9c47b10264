"""Choice between the NumPy kernels of the analysis and the compiled ones of the package ``auralis-fp-core``.

Importing this module loads neither.
"""

import os
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final, get_args

from ..errors import SettingsError
from ..settings import ENVIRONMENT_PREFIX, Kernels

VARIABLE: Final = f"{ENVIRONMENT_PREFIX}KERNELS"
INTERFACE: Final = 5
"""Version of the signatures of the compiled kernels that this version of the service calls."""
NUMPY: Final = "numpy"


@cache
def compiled_kernels() -> ModuleType | None:
    """Return the module of compiled kernels, or None if NumPy is used.

    ``AURALIS_FP_KERNELS`` chooses ``auto``, ``compiled`` or ``numpy``, as the setting does.

    Raises
    ------
    SettingsError
        The variable has another value, or it is ``compiled``, and the package is missing or of another version.
    """
    choice = os.environ.get(VARIABLE) or "auto"
    if choice not in get_args(Kernels):
        raise SettingsError(VARIABLE, f"must be one of {', '.join(get_args(Kernels))}")
    if choice == NUMPY:
        return None
    try:
        module = import_module("auralis_fp_core")
    except ImportError as error:
        reason = str(error)
    else:
        found = getattr(module, "INTERFACE", None)
        if found == INTERFACE:
            return module
        reason = f"it has interface {found}; {INTERFACE} is needed"
    if choice == "compiled":
        raise SettingsError(VARIABLE, f"auralis-fp-core cannot be used: {reason}")
    return None


def kernels_in_use() -> str:
    """Return ``numpy``, or the name and version of the package of compiled kernels."""
    module = compiled_kernels()
    return NUMPY if module is None else f"auralis-fp-core {module.__version__}"
