"""The start of a process that analyses."""

import subprocess
import sys

PROGRAM = """
import sys
from auralis_fp.workers.tasks import warm_up
warm_up("numpy")
assert "scipy.fft" in sys.modules
assert not {"numpy.f2py", "numpy.testing", "unittest"} & set(sys.modules)
from numpy import *
testing.assert_equal(f2py.get_include.__name__, "get_include")
print("imported on use")
"""


def test_modules_that_the_analysis_does_not_use_are_not_imported() -> None:
    """The analysis starts without two modules of NumPy, and a program that wants them afterwards imports them."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("imported on use\n", "")
