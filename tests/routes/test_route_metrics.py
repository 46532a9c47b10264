"""Prometheus metrics."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hosting import PREFIX, Plugin, tone_file

pytestmark = pytest.mark.every_way


async def test_prometheus_format(plugin: Plugin, library: Path) -> None:
    """The response parses as the Prometheus text format and counts events."""
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


async def test_metrics_by_outcome_format_and_route(plugin: Plugin, library: Path) -> None:
    """Counters by outcome and request, histograms of durations, gauges of the queue."""
    await plugin.ask(tone_file(library / "a.wav", 2.0))
    await plugin.ask(tone_file(library / "short.wav", 0.001), status=422)
    await plugin.get("/nowhere", status=404)
    await plugin.get("/nowhere-else", status=404)
    assert await plugin.metric('auralis_fp_outcomes_total{code="too_short",outcome="rejected",stage="analysis"}') == 1
    assert await plugin.metric('auralis_fp_analysis_seconds_count{format="wav"}') == 1
    assert await plugin.metric('auralis_fp_analysis_seconds_bucket{format="wav",le="+Inf"}') == 1
    assert await plugin.metric('auralis_fp_audio_seconds_total{format="wav"}') == 2
    assert await plugin.metric('auralis_fp_http_requests_total{method="POST",route="fingerprint",status="200"}') == 1
    assert await plugin.metric('auralis_fp_http_requests_total{method="any",route="none",status="404"}') == 2
    assert await plugin.metric('auralis_fp_http_request_seconds_count{route="fingerprint"}') == 2
    assert await plugin.metric("auralis_fp_queue") == 0
    assert await plugin.metric(f'auralis_fp_folder_online{{folder="{library}"}}') == 1
    assert await plugin.metric('auralis_fp_watched_folders{mode="off"}') == 1
    assert await plugin.metric("auralis_fp_event_streams") == 0
