"""The courier process as the service sees it: started, talked to, and replaced when it is lost."""

import asyncio
import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ..errors import AuralisError
from ..workers.channel import ProtocolError
from ..workers.launch import program_command, start_program
from ..workers.pidfiles import PidFiles
from .messages import Connect, Frame, FromCourier, decode_from_courier, encode
from .streams import Frames, open_frames

MODULE: Final = "auralis_fp.cluster.courier"
PACKAGES: Final = ("dask", "distributed")
#: Variables that the courier gets beside those of a worker: where Dask looks for its configuration.
ENVIRONMENT: Final = ("HOME", "XDG_CONFIG_HOME", "DASK_CONFIG", "DASK_ROOT_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR")
_DASK: Final = "DASK_"


class ExtraMissingError(AuralisError):
    """The packages of the extra are not installed."""


def require_extra() -> None:
    """Raise ``ExtraMissingError`` unless the packages for a cluster are installed."""
    if sys.platform == "win32":
        raise ExtraMissingError("a cluster needs Linux or macOS on the machine of the service")
    if any(importlib.util.find_spec(name) is None for name in PACKAGES):
        raise ExtraMissingError("a cluster needs the extra dask: pip install 'auralis-fp[dask]'")


class CourierProcess:
    """One courier at a time, for as long as ``run`` runs.

    Parameters
    ----------
    scheduler : str
        Address of the Dask scheduler.
    on_message : callable
        Receives what the courier sends.
    on_end : callable
        Called with the reason when a courier has ended.
    pid_files : PidFiles, optional
        Records the process, so that the next run can end it if this one is killed.
    """

    def __init__(
        self,
        scheduler: str,
        on_message: Callable[[FromCourier], None],
        on_end: Callable[[str], None],
        pid_files: PidFiles | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._on_message = on_message
        self._on_end = on_end
        self._pid_files = pid_files
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix="auralis-courier")
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: Frames | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process; None while there is none."""
        return None if self._process is None else self._process.pid

    def send(self, message: Frame) -> bool:
        """Send a message. Return False if there is no courier."""
        if self._frames is None:
            return False
        self._frames.send(encode(message))
        return True

    async def run(self) -> None:
        """Start a courier and read what it sends; return when it has ended."""
        loop = asyncio.get_running_loop()
        reason = ""
        try:
            descriptor = await loop.run_in_executor(self._launcher, self._start)
            frames = await open_frames(descriptor)
            frames.send(encode(Connect(scheduler=self._scheduler)))
            self._frames = frames
            while True:
                self._on_message(decode_from_courier(await frames.receive()))
        except EOFError:
            reason = "The courier process has ended; another is started."
        except ProtocolError as error:
            reason = f"The courier process broke the protocol ({error}) and was ended."
        except OSError as error:
            reason = f"The courier process cannot be started: {error.strerror}."
        finally:
            frames_open, self._frames = self._frames, None
            if frames_open is not None:
                frames_open.close()
            await asyncio.shield(loop.run_in_executor(self._launcher, self._end))
            if reason:  # else this service is stopping
                self._on_end(reason)

    def _start(self) -> int:
        """Start a process. Return the descriptor of the connection. Blocking."""
        extra = {name: value for name, value in os.environ.items() if name in ENVIRONMENT or name.startswith(_DASK)}
        self._process, descriptor = start_program(program_command(MODULE), extra)
        if self._pid_files is not None:
            self._pid_files.write(self._process.pid)
        return descriptor

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if self._pid_files is not None:
            self._pid_files.remove(process.pid)

    def close(self) -> None:
        """Release the thread that starts processes; ``run`` must have ended."""
        self._launcher.shutdown(wait=False)
