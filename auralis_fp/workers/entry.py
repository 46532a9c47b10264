"""What a worker process runs: it prepares and seals itself, then does one task after the other."""

import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from . import sandbox, seal, tasks
from .channel import Channel, adopt_channel
from .messages import (
    MAX_MESSAGE,
    NotReady,
    Plan,
    Progress,
    Ready,
    Request,
    Stop,
    decode_for_worker,
    encode,
    reply_to,
)  # fmt: skip
from .probes import run_probes

Task = Callable[..., Any]


def main() -> None:
    """Serve the process that started this one until it ends or closes the channel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    channel = adopt_channel()
    try:
        plan = decode_for_worker(channel.receive(MAX_MESSAGE))
        if isinstance(plan, Plan) and _prepare(channel, plan):
            known = _tasks(plan)
            while True:
                _serve_one(channel, known)
    except (EOFError, OSError):  # the parent has ended, or no longer wants this process
        sys.exit(1)


def _tasks(plan: Plan) -> dict[str, Task]:
    """Return the tasks by name; those that decode compute the parts of the plan."""
    known = {task.__name__: task for task in (tasks.read_tags, tasks.make_cover, tasks.decode_pcm, run_probes)}
    analysing = partial(tasks.analyse_file, parts=plan.parts)
    return {**known, "analyse_file": analysing, "compute_parts": partial(tasks.compute_parts, parts=plan.parts or ())}


def _prepare(channel: Channel, plan: Plan) -> bool:
    """Load the analysis and seal the process. Return True if it can work."""
    sandbox.end_with_parent()
    sandbox.limit_memory(plan.memory_limit_mb << 20)
    try:
        kernels = tasks.warm_up(plan.kernels)
    except Exception as error:  # noqa: BLE001 - a dependency is missing or incompatible; the service reports it
        traceback.print_exc()
        channel.send(encode(NotReady(reason=f"{type(error).__name__}: {error}")))
        return False
    sandbox.lower_priority()
    lacking = seal.seal() if plan.seal else [seal.TURNED_OFF]
    channel.send(encode(Ready(lacking=lacking, kernels=kernels)))
    return True


def _serve_one(channel: Channel, known: Mapping[str, Task]) -> None:
    data, descriptors = channel.receive_with_descriptors(MAX_MESSAGE)
    request = decode_for_worker(data)
    if isinstance(request, Stop):  # it came too late
        return
    assert isinstance(request, Request)  # noqa: S101 - the service sends a plan only once
    file: bytes | int = descriptors[0] if descriptors else request.path
    pictures = descriptors[1:] if descriptors else None

    def report(decoded_sec: float, duration_sec: float) -> None:
        channel.send(encode(Progress(id=request.id, decoded_sec=decoded_sec, duration_sec=duration_sec)))
        if channel.has_input():  # only a stop can come now
            raise tasks.InterruptedAnalysisError

    report(0.0, 0.0)  # the worker has reached the file: a crash from here on is the file's
    outcome = known[request.task](file, request.bounds, pictures, report)
    channel.send(encode(reply_to(request.id, outcome)))
