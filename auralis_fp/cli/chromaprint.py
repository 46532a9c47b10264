"""``chromaprint``: the value of Chromaprint for files, which ``fpcalc`` computes from samples of our decoder."""

import argparse
import asyncio
import os
import shutil
import sys
from typing import Final, NamedTuple

from ..errors import AuralisError
from ..models import Rejected
from ..runtime.serialization import error_record, to_json
from ..settings import Settings
from ..workers.messages import PCM_SEC, PcmAudio
from ..workers.protocol import Slot
from ..workers.tasks import decode_pcm
from .in_order import Names, in_order
from .inputs import Inputs
from .output import one_line, printable

_PROGRAM: Final = "fpcalc"
_LIMIT_SEC: Final = 60.0
_MAX_MESSAGE: Final = 500  # characters


class NoFpcalcError(AuralisError):
    """``fpcalc`` is not installed."""


class ChromaprintValue(NamedTuple):
    """The value of a file, compressed and in base64, and the duration of the file."""

    duration_sec: float
    fingerprint: str


async def chromaprint(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the Chromaprint values of files in their order, as tab-separated or JSON lines.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace
        Those of the command.

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed.

    Raises
    ------
    NoFpcalcError
        ``fpcalc`` is not on the PATH.
    InputError
        A list or a folder cannot be read.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise NoFpcalcError("fpcalc is not installed; it is part of Chromaprint (Debian: libchromaprint-tools)")

    async def compute(slot: Slot, path: bytes) -> ChromaprintValue | Rejected:
        audio = await slot.call(decode_pcm, path)
        return audio if isinstance(audio, Rejected) else await _fpcalc(program, audio)

    inputs = Inputs(names=arguments.files, lists=arguments.files_from, null=arguments.null)
    names = await Names.of(inputs, settings, bar=not sys.stdout.isatty())
    return 1 if await in_order(names, settings, compute, _write_json if arguments.json else _write) else 0


async def _fpcalc(program: str, audio: PcmAudio) -> ChromaprintValue | Rejected:
    """Run ``fpcalc`` on samples, so that it never reads a file."""
    options = ["-format", "s16le", "-rate", str(audio.sample_rate), "-channels", "1", "-length", f"{PCM_SEC:.0f}"]
    pipe = asyncio.subprocess.PIPE
    try:
        running = await asyncio.create_subprocess_exec(
            program, *options, "-plain", "-", stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        return Rejected(_PROGRAM, "not_started", f"fpcalc cannot be started: {error.strerror}.")
    try:
        async with asyncio.timeout(_LIMIT_SEC):
            output, errors = await running.communicate(audio.samples)
    except TimeoutError:
        return Rejected(_PROGRAM, "timeout", f"fpcalc did not finish within {_LIMIT_SEC:.0f} seconds.")
    finally:
        if running.returncode is None:
            running.kill()
            await asyncio.shield(running.wait())
    value = output.decode("ascii", "replace").strip()
    if value:  # some versions report the end of raw samples as an error after they have printed the value
        return ChromaprintValue(audio.duration_sec, value)
    reason = errors.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("ERROR: ")[:_MAX_MESSAGE]
    return Rejected(_PROGRAM, "no_value", reason or f"fpcalc ended with exit code {running.returncode}.")


def _write_json(name: str, outcome: ChromaprintValue | Rejected) -> None:
    if isinstance(outcome, Rejected):
        record: dict[str, object] = {"path": name, "error": error_record(outcome)}
    else:
        record = {"path": name, "duration_sec": round(outcome.duration_sec, 3), "fingerprint": outcome.fingerprint}
    print(to_json(record), flush=True)


def _write(name: str, outcome: ChromaprintValue | Rejected) -> None:
    """Write a line with the bytes of the path; failures go to standard error."""
    if isinstance(outcome, Rejected):
        reason = outcome.reason.strip().splitlines()[-1:] or [""]
        print(f"{printable(name)}: {outcome.code}: {printable(reason[0])}", file=sys.stderr)
        return
    line = os.fsencode(one_line(name)) + f"\t{outcome.duration_sec:.0f}\t{outcome.fingerprint}\n".encode()
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
