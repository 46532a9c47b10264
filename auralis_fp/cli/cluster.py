"""``cluster``: the machines of a cluster, what they do, and which are refused."""

import asyncio
from dataclasses import asdict, replace
from typing import Final

from ..cluster.courier_process import require_extra
from ..cluster.exchange import Exchange
from ..cluster.handshake import CurrentFile
from ..cluster.mounts import name_roots
from ..cluster.remote_machine import RemoteMachine
from ..cluster.roster import Machines
from ..errors import AuralisError, SettingsError
from ..runtime.serialization import to_json
from ..runtime.tasks import cancel_and_wait
from ..settings import Settings
from .output import print_table

LIMIT_SEC: Final = 40.0


class NoClusterError(AuralisError):
    """The scheduler cannot be reached; the message states the reason."""


async def cluster(settings: Settings, address: str | None, *, as_json: bool) -> int:
    """Print the machines of a cluster.

    Parameters
    ----------
    settings : Settings
        The music folders say which mounts a machine needs.
    address : str or None
        Of the scheduler; None for the setting.
    as_json : bool

    Returns
    -------
    int
        Exit code: 0 success, 1 no machine can work for this service.

    Raises
    ------
    NoClusterError
        The scheduler cannot be reached.
    SettingsError
        No address is given, or it is invalid.
    """
    require_extra()
    settings = replace(settings, cluster=address or settings.cluster)
    if not settings.cluster:
        raise SettingsError("cluster", "must be given, such as tcp://host:8786")
    machines = await _machines(settings)
    if as_json:
        for machine in machines:
            print(to_json(asdict(machine.state()) | {"files": [_named(file) for file in machine.files]}))
    else:
        print_table(settings.cluster, ("machine", "slots", "kernels", "state", "files"), map(_row, machines))
    return 0 if any(machine.usable() for machine in machines) else 1


async def _machines(settings: Settings) -> list[RemoteMachine]:
    names = name_roots(settings.libraries, settings.mounts)
    roster, reasons = Machines([*names.values()], settings.parts), list[str]()
    exchange = Exchange(settings.cluster, roster, lambda reason: reasons.append(reason or ""))
    running = asyncio.create_task(exchange.run())
    try:
        async with asyncio.timeout(LIMIT_SEC):
            await exchange.heard.wait()
    except TimeoutError:
        raise NoClusterError(f"{settings.cluster} does not answer") from None
    finally:
        found = roster.all()
        await cancel_and_wait(running)
    if reasons and reasons[-1]:
        raise NoClusterError(reasons[-1])
    return sorted(found, key=lambda machine: machine.name)


def _named(file: CurrentFile) -> str:
    return f"{file.mount}/{file.path}"


def _row(machine: RemoteMachine) -> tuple[str, ...]:
    state = machine.why_not() or ("working" if machine.files else "idle")
    kernels = machine.hello.kernels if machine.hello is not None else ""
    works_on = ", ".join(f"{_named(file)} ({file.since_sec:.0f} s)" for file in machine.files)
    return machine.name, str(machine.slots), kernels, f"{state} {machine.remark}".strip(), works_on
