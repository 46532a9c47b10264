"""One worker process, as the service sees it. All methods block."""

import contextlib
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final

from .channel import ProtocolError
from .handover import Handover
from .launch import start_worker
from .messages import (
    MAX_MESSAGE,
    MAX_PCM_MESSAGE,
    FromWorker,
    NotReady,
    PcmAudio,
    Plan,
    Progress,
    Ready,
    Stop,
    decode_from_worker,
    encode,
)
from .protocol import WorkerUnavailableError

_END_LIMIT_SEC: Final = 30.0
_EXIT_LIMIT_SEC: Final = 1.0  # from the end of the channel to that of the process


class WorkerLostError(Exception):
    """The process has ended."""


class MisbehavedError(WorkerLostError):
    """The process does not keep to the protocol, and must be ended."""


class Worker:
    """A process that was started and its channel.

    It is started by the thread that creates it, and talked to by one thread at a time.

    Parameters
    ----------
    command : sequence of str, optional
        Program that plays the worker; by default the worker itself.

    Raises
    ------
    OSError
        The system refuses to start it.
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._process, self._channel = start_worker(command)

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while the process runs."""
        return self._process.poll()

    def prepare(self, plan: Plan) -> Ready:
        """Let the process load the analysis and seal itself.

        Raises
        ------
        WorkerUnavailableError
            The analysis cannot be loaded.
        WorkerLostError
            The process has ended.
        """
        try:
            self._channel.send(encode(plan))
        except OSError as error:
            raise WorkerLostError(str(error)) from error
        message = self._next()
        if isinstance(message, NotReady):
            raise WorkerUnavailableError(f"the analysis cannot be loaded ({message.reason[:500]})")
        if not isinstance(message, Ready):
            raise MisbehavedError("an answer before the first request")
        return message

    def run(self, handover: Handover, kinds: type | tuple[type, ...], on_progress: Callable[[Progress], None]) -> Any:
        """Hand a file over and return the outcome of the task.

        Parameters
        ----------
        handover : Handover
        kinds : type or tuple of types
            Of the outcomes that the task has.
        on_progress : callable
            Called with each message about the progress, the first when the worker has reached the file.

        Raises
        ------
        WorkerLostError
            The process has ended, or sent something else.
        """
        if self._channel.has_input():
            raise MisbehavedError("an answer without a request")
        try:
            handover.send(self._channel)
        except OSError as error:
            raise WorkerLostError(str(error)) from error
        limit = MAX_PCM_MESSAGE if isinstance(kinds, tuple) and PcmAudio in kinds else MAX_MESSAGE
        while True:
            message = self._next(limit)
            if getattr(message, "id", None) != handover.id:
                raise MisbehavedError("an answer to another request")
            if isinstance(message, Progress):
                on_progress(message)
            elif isinstance(outcome := getattr(message, "outcome", None), kinds):
                return outcome
            else:
                raise MisbehavedError("an answer of another kind")

    def _next(self, limit: int = MAX_MESSAGE) -> FromWorker:
        try:
            return decode_from_worker(self._channel.receive(limit))
        except ProtocolError as error:
            raise MisbehavedError(str(error)) from error
        except (EOFError, OSError) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):  # so that it has its own exit code
                self._process.wait(_EXIT_LIMIT_SEC)
            raise WorkerLostError("the process has ended") from error

    def interrupt(self) -> None:
        """Ask the process to stop the analysis that it has begun. Another thread may wait in ``run`` meanwhile.

        Raises
        ------
        OSError
            The process has ended.
        """
        self._channel.send(encode(Stop()))

    def kill(self) -> int | None:
        """Kill the process, wait until it is gone, and make ``run`` return. Return its exit code."""
        self._process.kill()
        try:
            return self._process.wait(_END_LIMIT_SEC)
        except subprocess.TimeoutExpired:  # it hangs in the kernel, on a disk that does not answer
            return None
        finally:
            self._channel.hang_up()

    def close(self) -> None:
        """Close the channel, when no thread uses it any more."""
        self._channel.close()
