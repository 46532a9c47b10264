"""``completion``: scripts for the shells, and the manual page."""

import shutil
import subprocess
from pathlib import Path

import pytest

from auralis_fp.cli.arguments import build_parser
from auralis_fp.cli.completion import SHELLS, commands_of
from auralis_fp.cli.manpage import manpage
from commands import auralis
from patience import LIMIT_SEC


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_name_every_command_and_option(shell: str) -> None:
    """A script contains all commands and long options, and the shell accepts its syntax."""
    script = SHELLS[shell](build_parser())
    for command in commands_of(build_parser()):
        assert command.name in script
        for option in command.options:
            assert all(name.lstrip("-") in script for name in option.names)
    if (program := shutil.which(shell)) is not None:
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=LIMIT_SEC)


def test_the_command_prints_the_script() -> None:
    """``completion`` prints the script; an unknown shell is a usage error."""
    assert auralis("completion", "bash").stdout == SHELLS["bash"](build_parser())
    assert auralis("completion", "tcsh").returncode == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sc"], ["scan"]),
        (["scan", "--sidecars", ""], ["beside", "data-dir", "off"]),
        (["scan", "--side"], ["--sidecars"]),
        (["--ver"], ["--version"]),
        (["analyze", "a f"], ["a file.wav"]),
        (["scan", ""], ["folder"]),
        (["completion", "z"], ["zsh"]),
        (["serve", "--port", ""], []),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], expected: list[str]) -> None:
    """Bash completes commands, options, their values, files and folders."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (tmp_path / "a file.wav").touch()
    (tmp_path / "folder").mkdir()
    script = SHELLS["bash"](build_parser())
    script += 'COMP_WORDS=(auralis-fp "$@"); COMP_CWORD=$#; _auralis_fp; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        [bash, "--norc", "-c", script, "bash", *words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.split("\n")[:-1] == (expected or [""])


def test_manual_page() -> None:
    """The manual page describes all commands and options, and groff formats it without a warning."""
    page = manpage(build_parser())
    for command in commands_of(build_parser()):
        for option in command.options:
            assert all(name.replace("-", "\\-") in page for name in option.names)
    if (groff := shutil.which("groff")) is not None:
        done = subprocess.run([groff, "-man", "-ww", "-z"], input=page, capture_output=True, text=True, check=True)
        assert done.stderr == ""
