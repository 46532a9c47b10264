"""The OpenAPI document, fuzzed by schemathesis with valid and invalid requests."""

import asyncio
import sys
from pathlib import Path

import pytest

from hosting import PREFIX, Plugin, tone_file

pytestmark = pytest.mark.every_way

# Keys of listings are given out, not made up; the stream does not end: it has tests of its own; settings are changed
# from the page only, and each has rules of its own for its value.
CONFIG = """
[parameters]
after = ""

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429, "5xx"]

[[operations]]
include-path = "{prefix}/events"
enabled = false

[[operations]]
include-path = "{prefix}/settings"
headers = {{ Origin = "{origin}" }}
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 409]
"""


@pytest.fixture(autouse=True)
def _settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings file, which fuzzed requests may write, out of the project."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_responses_conform_to_the_document(plugin: Plugin, library: Path, tmp_path: Path) -> None:
    """All responses are documented, conform to their schema, and are no server errors."""
    tone_file(library / "good.wav")
    tone_file(library / "bad.wav", 0.001)
    await plugin.post("/scan", status=202)
    await plugin.until(lambda status: status["counts"]["done"] == status["counts"]["failed"] == 1)
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(prefix=PREFIX, origin=plugin.origin))
    address = f"{plugin.origin}{PREFIX}/openapi.json"
    options = ["--max-examples", "5", "--seed", "1", "--max-redirects", "0", "--no-shrink", "--continue-on-failure"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", address, *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, "\n".join(line[:300] for line in output.decode().splitlines())
    await plugin.until_healthy()
