"""Sidecars that were deleted come back."""

from pathlib import Path

from hosting import Host, eventually, tone_file


async def test_after_a_request(host: Host, library: Path) -> None:
    """A request restores the sidecar of its file, answered from memory or from the database."""
    song = tone_file(library / "a.wav")
    sidecar = library / "a.wav.25d"
    plugin = await host()
    first = await plugin.ask(song)
    await plugin.until_idle()
    await eventually(sidecar.exists)
    content = sidecar.read_bytes()
    sidecar.unlink()
    assert (await plugin.ask(song))["fingerprint"] == first["fingerprint"]
    await eventually(sidecar.exists)
    assert sidecar.read_bytes().partition(b"generated_at")[0] == content.partition(b"generated_at")[0]


async def test_after_a_sweep(host: Host, library: Path) -> None:
    """A scan restores those that are missing, without analyses; a file that is gone gets none."""
    songs = [tone_file(library / f"{name}.wav", hz=hz) for name, hz in (("a", 300), ("b", 500), ("c", 800))]
    sidecars = [song.with_name(f"{song.name}.25d") for song in songs]
    plugin = await host()
    await plugin.until(lambda status: status["counts"]["done"] == 3)
    await eventually(lambda: all(one.exists() for one in sidecars))
    kept = sidecars[1].stat().st_mtime_ns
    sidecars[0].unlink()
    sidecars[2].unlink()
    songs[2].unlink()
    await plugin.post("/scan", status=202)
    await eventually(sidecars[0].exists)
    assert sidecars[1].stat().st_mtime_ns == kept
    assert not sidecars[2].exists()
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == 3


async def test_after_a_restart(host: Host, library: Path) -> None:
    """The sweep at the start restores them too; with sidecars off nothing is written."""
    song = tone_file(library / "a.wav")
    sidecar = library / "a.wav.25d"
    first = await host()
    await first.until(lambda status: status["counts"]["done"] == 1)
    await eventually(sidecar.exists)
    await first.client.close()
    sidecar.unlink()
    off = await host(sidecars="off")
    await off.ask(song)
    await off.post("/scan", status=202)
    await off.until_idle()
    await off.client.close()
    assert not sidecar.exists()
    again = await host()
    await eventually(sidecar.exists)
    assert await again.metric('auralis_fp_analyses_total{outcome="analysed"}') == 0
