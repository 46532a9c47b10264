"""Figures for Prometheus."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from hosting import PREFIX, Plugin, tone_file


async def test_figures_can_be_read_and_are_right(plugin: Plugin, library: Path) -> None:
    """The text is what Prometheus reads, and counts what happened."""
    song = tone_file(library / "a.wav")
    for _ in range(3):
        await plugin.ask(song)
    await plugin.ask(library / "missing.wav", status=404)
    async with plugin.client.get(f"{PREFIX}/metrics") as response:
        families = {family.name: family for family in text_string_to_metric_families(await response.text())}
    samples = [sample for family in families.values() for sample in family.samples]
    figures = {(sample.name, *sample.labels.values()): sample.value for sample in samples}
    assert figures["auralis_fp_answers_total", "analysis"] == 1
    assert figures["auralis_fp_answers_total", "memory"] == 2
    assert figures["auralis_fp_answers_total", "refused"] == 1
    assert figures["auralis_fp_analyses_total", "analysed"] == 1
    assert figures["auralis_fp_files", "done"] == 1
    assert figures["auralis_fp_healthy",] == 1
    assert families["auralis_fp_answers"].type == "counter"
