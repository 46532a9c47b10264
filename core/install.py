"""Build and install the compiled kernels into the environment of this interpreter.

The build needs Rust 1.63 or newer. Without ``--required``, a build that is impossible or takes more than three minutes
is reported in one line, and auralis-fp computes with NumPy.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

CORE: Final = Path(__file__).resolve().parent
LIMIT_SEC: Final = 180.0
SPARSE_INDEX: Final = (1, 68)  # older versions of cargo can do without a clone of the index only as an unstable feature
VERSION_LIMIT_SEC: Final = 20.0
_PIP: Final = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
_STEPS: Final = (
    (*_PIP, "--require-hashes", "--requirement", str(CORE.parent / "requirements" / "core.txt")),
    (*_PIP, "--no-deps", "--no-build-isolation", "--force-reinstall", str(CORE)),
)


class BuildError(Exception):
    """The compiled kernels cannot be built."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and install; return the exit code."""
    parser = argparse.ArgumentParser(prog="core/install.py", description=__doc__)
    parser.add_argument("--required", action="store_true", help="fail if the kernels cannot be built; no time limit")
    parser.add_argument("--stamp", type=Path, metavar="FILE", help="touch this file once a build has been tried")
    given = parser.parse_args(arguments)
    required: bool = given.required
    try:
        variables = check_cargo()
        if given.stamp:
            given.stamp.touch()
        print("Building the compiled kernels ...", flush=True)
        build(variables, None if required else LIMIT_SEC, show_output=required)
    except BuildError as error:
        print(f"The analysis computes with NumPy: {error}.", file=sys.stderr)
        return 1 if required else 0
    return 0


def check_cargo() -> dict[str, str]:
    """Return the environment variables for ``CARGO``, by default the ``cargo`` on the path.

    Raises
    ------
    BuildError
        It does not work.
    """
    cargo = os.environ.get("CARGO", "cargo")
    try:
        done = subprocess.run(
            [cargo, "--version"], capture_output=True, text=True, timeout=VERSION_LIMIT_SEC, check=True
        )
    except FileNotFoundError:
        raise BuildError("the compiled kernels need Rust, and there is no cargo") from None
    except (OSError, subprocess.SubprocessError):
        raise BuildError(f"the compiled kernels need Rust, and {cargo} does not work") from None
    version = re.search(r"(\d+)\.(\d+)", done.stdout)
    if version is None or (int(version[1]), int(version[2])) >= SPARSE_INDEX:
        return {}
    return {"RUSTC_BOOTSTRAP": "1", "CARGO_UNSTABLE_SPARSE_REGISTRY": "true"}


def build(variables: Mapping[str, str], limit_sec: float | None, *, show_output: bool) -> None:
    """Build and install the package.

    Parameters
    ----------
    variables : mapping
        Further environment variables.
    limit_sec : float or None
        Time limit of each step.
    show_output : bool
        Whether to show what the build prints.

    Raises
    ------
    BuildError
        A step fails or takes too long.
    """
    output = None if show_output else subprocess.DEVNULL
    programs = (os.environ.get("CARGO", ""), sys.executable)  # cargo and maturin are called by their names
    folders = [str(Path(program).parent) for program in programs if Path(program).is_absolute()]
    environment = {**os.environ, **variables, "PATH": os.pathsep.join((*folders, os.environ.get("PATH", "")))}
    for step in _STEPS:
        own_session = os.name == "posix"
        with subprocess.Popen(
            step, stdout=output, stderr=output, env=environment, start_new_session=own_session
        ) as process:
            try:
                if process.wait(limit_sec):
                    raise BuildError("building the compiled kernels failed; `make core` shows why")
            except subprocess.TimeoutExpired:
                raise BuildError(f"building the compiled kernels took more than {limit_sec:.0f} seconds") from None
            finally:
                stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a step, with the compilers it has started, if it still runs."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, 9)
        process.kill()


if __name__ == "__main__":
    sys.exit(main())
