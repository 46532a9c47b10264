"""The commands of the similarity page run as they are written."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands import environment
from patience import LIMIT_SEC
from vectors import filled, made_up, result

PAGE = Path(__file__).parents[2] / "docs" / "similarity.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no POSIX shell here")
def test_the_commands_run(tmp_path: Path) -> None:
    """On a library of thirty tracks: paths, a playlist of an hour, and no duplicate."""
    music, data, tools = (tmp_path / name for name in ("music", "data", "tools"))
    for folder in (music, data, tools):
        folder.mkdir()
    asyncio.run(filled(data, [result(one) for one in made_up(30)], f"{music}/%03d.flac"))
    (tools / "auralis-fp").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auralis_fp "$@"\n')
    (tools / "auralis-fp").chmod(0o755)
    variables = environment() | {"AURALIS_FP_DATA_DIR": str(data), "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    similar, chromaprint = BLOCKS
    assert "auralis-fp chromaprint" in chromaprint  # needs fpcalc and audio: cli/test_cli_chromaprint.py
    script = "set -e\n" + similar.replace("song.flac", "003.flac")
    done = subprocess.run(
        ["sh", "-c", script], cwd=music, env=variables, capture_output=True, text=True, timeout=LIMIT_SEC, check=False
    )
    assert done.returncode == 0
    assert done.stderr.startswith("0 groups in 30 files.")
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith(f"{music}/")]) == 20
    assert [line for line in lines if line.startswith("{") and json.loads(line)] == []
    playlist = (music / "list.m3u8").read_text(encoding="utf-8").splitlines()
    assert playlist[0] == "#EXTM3U"
    assert len([line for line in playlist if not line.startswith("#")]) == 18  # of 200 s
