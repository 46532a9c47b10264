"""Machines of a cluster for measurements: pieces of music, a network that can be cut, processes that can be killed."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import av

from clusters import machine_command, scheduler_command

HOST = "10.99.7.1"
SPACE = "auralis-fp-bench"
ELSEWHERE = ("ip", "netns", "exec", SPACE)
"""Runs a command in the network of the second machine."""
_OTHER = "10.99.7.2"
_LINK = "afpbench"


def cut_up(files: Sequence[Path], folder: Path, seconds: float, most: int) -> int:
    """Copy pieces of files, without decoding, into *folder*; return how many.

    Parameters
    ----------
    files : sequence of Path
    folder : Path
    seconds : float
        Length of a piece.
    most : int
    """
    made = 0
    for file in files:
        try:
            made += _cut(file, folder, seconds, most - made)
        except av.FFmpegError:
            continue
        if made >= most:
            break
    return made


def _cut(file: Path, folder: Path, seconds: float, most: int) -> int:
    made = 0
    with av.open(str(file)) as source:
        stream = source.streams.audio[0]
        output, end = None, -1.0
        for packet in source.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            at = float(packet.pts * packet.time_base)
            if at >= end:
                if output is not None:
                    output.close()
                    made += 1
                if made >= most:
                    return made
                output = av.open(str(folder / f"{file.stem}-{made:03}{file.suffix}"), "w")
                copy = output.add_stream_from_template(stream)
                end, first = at + seconds, packet.pts
            packet.pts = packet.dts = packet.pts - first
            packet.stream = copy
            assert output is not None
            output.mux(packet)
        if output is not None:
            output.close()
            made += 1
    return made


class Network:
    """A second machine's network: a name space of its own, joined by a link that can be cut. Needs root."""

    def __enter__(self) -> Self:
        for command in (
            f"ip netns add {SPACE}",
            f"ip link add {_LINK} type veth peer name {_LINK}2 netns {SPACE}",
            f"ip addr add {HOST}/24 dev {_LINK}",
            f"ip link set {_LINK} up",
            f"ip -n {SPACE} addr add {_OTHER}/24 dev {_LINK}2",
            f"ip -n {SPACE} link set {_LINK}2 up",
            f"ip -n {SPACE} link set lo up",
        ):
            subprocess.run(command.split(), check=True)
        return self

    def __exit__(self, *exc_info: object) -> None:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)

    def cut(self) -> None:
        """Let no packet through."""
        subprocess.run(["ip", "link", "set", _LINK, "down"], check=True)

    def mend(self) -> None:
        """Let packets through again."""
        subprocess.run(["ip", "link", "set", _LINK, "up"], check=True)


class Process:
    """A command that can be killed and started again.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str
    log : Path
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=output,
                env=self._environment,  # of the priority of the bench
            )

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process, not to its children, and wait for its end."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
            self.process.wait(60)


def scheduler(port: int, environment: Mapping[str, str], log: Path, host: str = HOST) -> Process:
    """Return a scheduler, not yet started.

    Parameters
    ----------
    port : int
    environment : mapping of str to str
    log : Path
    host : str
        Address to listen on.
    """
    command = [part.replace("127.0.0.1", host) for part in scheduler_command(port)]
    return Process(command, environment, log)


def machine(
    scheduler_at: tuple[str, int],
    mount: Path,
    name: str,
    environment: Mapping[str, str],
    log: Path,
    prefix: Sequence[str] = (),
) -> Process:
    """Return a machine of one slot, not yet started.

    Parameters
    ----------
    scheduler_at : tuple
        Host and port of the scheduler.
    mount : Path
    name : str
    environment : mapping of str to str
    log : Path
    prefix : sequence of str
        Command that runs it, such as in another network.
    """
    host, port = scheduler_at
    command = machine_command(port, mount, name, mount_name=mount.name)
    return Process([*prefix, *(part.replace("127.0.0.1", host) for part in command)], environment, log)
