"""The machine that a measurement ran on."""

import os
import platform
import re
from pathlib import Path
from typing import Final

_SETS: Final = ("sse4_2", "avx", "f16c", "avx2", "fma", "bmi2", "avx512f", "avx512vl", "asimd", "asimddp", "sve")
_CPUINFO: Final = Path("/proc/cpuinfo")


def processor() -> str:
    """Return the model of the processor, as far as the system tells it."""
    return _field("model name") or platform.processor() or platform.machine()


def instruction_sets() -> tuple[str, ...]:
    """Return the vector instruction sets of the processor; empty where the system does not list them."""
    flags = (_field("flags") or _field("Features")).split()
    return tuple(name for name in _SETS if name in flags)


def description() -> str:
    """Return processor, instruction sets, number of processors and system in one line."""
    sets = " ".join(instruction_sets()) or "instruction sets unknown"
    return f"{os.cpu_count()} processors ({processor()}; {sets}), {platform.machine()}, {platform.system()}"


def label() -> str:
    """Return a name of the machine that can be part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{processor()} {os.cpu_count()}".lower()).strip("-")


def _field(name: str) -> str:
    if not _CPUINFO.exists():
        return ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", _CPUINFO.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found.group(1).strip() if found else ""
