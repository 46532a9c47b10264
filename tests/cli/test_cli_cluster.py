"""``auralis-fp worker``, ``cluster`` and ``scan --cluster``: what is refused before anything starts."""

from pathlib import Path

import pytest

from auralis_fp.cli import main
from clusters import free_port


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["worker", "host:8786", "--mount", "music=/"], "does not have the form tcp://host:8786"),
        (["worker", "tcp://host:8786"], "at least one music folder is needed"),
        (["worker", "tcp://host:8786", "--mount", "music=/no/such/folder"], "is not a folder"),
        (["worker", "tcp://host:8786", "--mount", "music"], "does not have the form NAME=/absolute/folder"),
        (["worker", "tcp://host:8786", "--mount", "music=/", "--name", "a\nb"], "printable"),
        (["cluster"], "cluster: must be given"),
        (["scan", "/", "--cluster", "host"], "does not have the form tcp://host:8786"),
    ],
)
def test_a_wrong_address_or_mount_is_named(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with exit code 2 and one sentence."""
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_scheduler_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Its address is named, without the objects of a library."""
    address = f"tcp://127.0.0.1:{free_port()}"
    assert main(["cluster", address]) == 2
    error = capsys.readouterr().err
    assert f"{address} cannot be reached" in error
    assert "<" not in error


def test_folders_with_the_same_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scan in a cluster names both and ends."""
    folders = [tmp_path / name / "music" for name in "ab"]
    for folder in folders:
        folder.mkdir(parents=True)
    arguments = [*map(str, folders), "--data-dir", str(tmp_path / "data"), "--cluster", "tcp://127.0.0.1:1"]
    assert main(["scan", *arguments]) == 2
    error = capsys.readouterr().err
    assert all(str(folder) in error for folder in folders)
