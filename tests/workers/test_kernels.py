"""The kernels that workers compute with."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from audio_files import tones, write_wav
from auralis_fp.errors import SettingsError
from auralis_fp.models import Analysed, Rejected
from auralis_fp.runtime import kernels
from auralis_fp.settings import Kernels, Settings
from auralis_fp.workers.local import local_pool

pytest_plugins = ("worker_fixtures",)


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Forget which kernels are in use, before and after the test."""
    kernels.compiled_kernels.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    kernels.compiled_kernels.cache_clear()


async def analysed(path: bytes, choice: Kernels) -> Analysed:
    """Return the result of a sealed worker."""
    async with local_pool(Settings(workers=1, kernels=choice)) as pool, pool.lease() as slot:
        found = await slot.run(path)
        assert isinstance(found, Analysed), found
        assert pool.kernels() == [found.metadata.kernels]
        assert pool.lacking() == []
    return found


async def test_the_setting_chooses_numpy(short: bytes) -> None:
    """The result and the pool name the kernels, whether compiled ones are installed or not."""
    assert (await analysed(short, "numpy")).metadata.kernels == "numpy"


async def test_compiled_kernels_run_in_a_sealed_worker(tmp_path: Path) -> None:
    """The values are those of NumPy to 1e-5; a worker without such kernels says why it cannot start."""
    path = os.fsencode(write_wav(tmp_path / "tones.wav", tones(12)))
    if kernels.compiled_kernels() is None:
        async with local_pool(Settings(workers=1, kernels="compiled")) as pool, pool.lease() as slot:
            refused = await slot.run(path)
        assert isinstance(refused, Rejected)
        assert refused.code == "unavailable"
        assert "auralis-fp-core cannot be used" in refused.reason
        return
    compiled, numpy = await analysed(path, "compiled"), await analysed(path, "numpy")
    assert compiled.metadata.kernels.startswith("auralis-fp-core ")
    assert compiled.fingerprint == pytest.approx(numpy.fingerprint, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("choice", "interface"), [("auto", None), ("auto", 0), ("numpy", kernels.INTERFACE)])
def test_numpy_is_used(unloaded: pytest.MonkeyPatch, choice: str, interface: int | None) -> None:
    """Without compiled kernels, with those of another version, and where the setting says so."""
    module = ModuleType("auralis_fp_core")
    vars(module).update(INTERFACE=interface, __version__="9")
    unloaded.setitem(sys.modules, "auralis_fp_core", module if interface is not None else None)
    unloaded.setenv(kernels.VARIABLE, choice)
    assert kernels.kernels_in_use() == "numpy"


@pytest.mark.parametrize(("choice", "reason"), [("fast", "must be one of auto"), ("compiled", "interface 0")])
def test_an_impossible_choice_is_an_error(unloaded: pytest.MonkeyPatch, choice: str, reason: str) -> None:
    """An unknown word, and compiled kernels of another version."""
    module = ModuleType("auralis_fp_core")
    vars(module).update(INTERFACE=0)
    unloaded.setitem(sys.modules, "auralis_fp_core", module)
    unloaded.setenv(kernels.VARIABLE, choice)
    with pytest.raises(SettingsError, match=reason):
        kernels.kernels_in_use()
