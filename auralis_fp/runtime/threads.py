"""Blocking calls that may hang: run in threads that neither their callers nor the interpreter wait for."""

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Call = tuple[Callable[[], object], str]

KEEP_SEC: Final = 1.0  # an idle thread: starting one costs several times what a waiting one costs
_idle: Final[list[SimpleQueue[Call]]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child has none of the threads


async def in_daemon_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in a daemon thread and return its result.

    Unlike ``asyncio.to_thread``, a call that never returns (on a dead network mount, for example) occupies no thread
    of a shared pool after its caller was cancelled, and does not keep the interpreter from exiting.

    Parameters
    ----------
    function : callable
    *args, **kwargs
        Its arguments.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.done():  # the caller was cancelled
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = function(*args, **kwargs)
        except BaseException as raised:  # noqa: BLE001 - raised in the caller
            error = raised
        with contextlib.suppress(RuntimeError):  # the event loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, result, error)

    start_daemon_thread(run, function.__name__)
    return await future


async def iterated(values: Iterator[T]) -> AsyncIterator[T]:
    """Yield the values of a blocking iterator, none of which is None, each computed in a thread."""
    while (value := await asyncio.to_thread(next, values, None)) is not None:
        yield value


async def in_time(limit_sec: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in a daemon thread and give it up after a time limit.

    Parameters
    ----------
    limit_sec : float
    function : callable
    *args, **kwargs
        Its arguments.

    Raises
    ------
    OSError
        ``ETIMEDOUT``: the disk that the function reads does not answer.
    """
    try:
        async with asyncio.timeout(limit_sec):
            return await in_daemon_thread(function, *args, **kwargs)
    except TimeoutError:
        raise OSError(errno.ETIMEDOUT, "it does not answer") from None


def start_daemon_thread(function: Callable[[], object], name: str | None = None) -> None:
    """Run a blocking function in a daemon thread and return at once.

    Parameters
    ----------
    function : callable
    name : str, optional
        Name of the thread; default that of the function.
    """
    call = function, f"auralis-{(name or function.__name__).strip('_')}"
    try:
        _idle.pop().put(call)
    except IndexError:  # all are busy
        threading.Thread(target=_work, args=(call,), daemon=True).start()


def _work(call: Call | None) -> None:
    """Run calls, one after the other, until none comes for a while."""
    inbox: SimpleQueue[Call] = SimpleQueue()
    while call is not None:
        function, threading.current_thread().name = call
        function()
        del function, call  # may hold large objects
        _idle.append(inbox)
        call = _next(inbox)


def _next(inbox: SimpleQueue[Call]) -> Call | None:
    """Return the next call of an idle thread. Return None if the thread should end."""
    threading.current_thread().name = "auralis-idle"
    try:
        return inbox.get(timeout=KEEP_SEC)
    except Empty:
        try:
            _idle.remove(inbox)
        except ValueError:  # a call is on its way
            return inbox.get()
        return None


async def ensure_default_executor() -> None:
    """Give the event loop a new default executor if the host has shut down its own: ``asyncio.to_thread`` needs one."""
    try:
        await asyncio.to_thread(int)
    except RuntimeError:  # it cannot schedule new futures after shutdown
        executor = ThreadPoolExecutor(thread_name_prefix="auralis")
        asyncio.get_running_loop().set_default_executor(executor)
