"""Figures for Prometheus, made from what was counted when asked."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from aiohttp import web

from ..engine.metrics import Histogram, Metrics
from ..engine.service import Service
from ..engine.snapshot import Folder, Status
from ..runtime.serialization import plain
from .app_keys import service_of
from .schemas.queries import Query, read_query


async def metrics(request: web.Request) -> web.StreamResponse:
    """Answer in the text format of Prometheus."""
    await asyncio.to_thread(import_module, "prometheus_client.exposition")  # takes a while, the first time
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - loaded by those who collect figures
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    read_query(request, Query)
    service = service_of(request)
    registry = CollectorRegistry()
    registry.register(_Collector(service, await service.snapshot()))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Collector:
    """One scrape."""

    def __init__(self, service: Service, status: Status) -> None:
        self._service = service
        self._status = status

    def collect(self) -> Iterator[Any]:
        """Yield the families of figures."""
        yield from _of_the_library(self._status)
        yield from _of_the_answers(self._service)
        yield from _of_the_analyses(self._service)


def _of_the_library(status: Status) -> Iterator[Any]:
    counts = {state: number for state, number in plain(status.counts).items() if state != "total"}
    yield _gauge("files", "Files in the library", "state", counts)
    yield _gauge("queue", "Files that wait for work", "", {"": counts["pending"] + counts["outdated"]})
    folders = status.folders
    yield _gauge("folder_online", "1 if a music folder can be read", "folder", _by_path(folders, "online"))
    yield _gauge("folder_files", "Files found by the last sweep", "folder", _by_path(folders, "files"))
    yield _gauge("folder_scanning", "1 while a music folder is looked through", "folder", _by_path(folders, "scanning"))
    swept = {folder.path: folder.last_scan for folder in folders if folder.last_scan is not None}
    yield _gauge("folder_last_sweep_timestamp_seconds", "When it was last looked through", "folder", swept)
    modes = [folder.mode for folder in folders]
    watched = {mode: modes.count(mode) for mode in ("starting", "events", "polling", "off", "failed")}
    yield _gauge("watched_folders", "Music folders, by how changes are noticed", "mode", watched)
    workers = [worker.state for worker in status.workers]
    slots = {state: workers.count(state) for state in ("starting", "idle", "working")}
    yield _gauge("workers", "Analysis processes", "state", slots)
    memory = {str(worker.slot): worker.memory_bytes or 0 for worker in status.workers}
    yield _gauge("worker_memory_bytes", "Resident memory of an analysis process", "slot", memory)
    yield _gauge("healthy", "1 if nothing is wrong", "", {"": status.health.status == "healthy"})
    yield _gauge("uptime_seconds", "Time since the start", "", {"": status.uptime_sec})
    yield _gauge("times_real_time", "Seconds of music a second", "", {"": status.rate.times_real_time or 0})


def _of_the_answers(service: Service) -> Iterator[Any]:
    tally, figures = service.counters, service.metrics
    answered = {(name,): getattr(tally, name) for name in ("memory", "store", "sidecar", "analysis", "refused")}
    yield _counter("answers", "Requests for a fingerprint, by where the answer was from", ("source",), answered)
    requests = figures.requests
    yield _counter("http_requests", "Requests answered", ("method", "route", "status"), requests)
    yield _histogram("http_request_seconds", "Time to an answer", ("route",), figures.request_sec)
    yield _gauge("event_streams", "Listeners to events", "", {"": service.listeners})


def _of_the_analyses(service: Service) -> Iterator[Any]:
    figures: Metrics = service.metrics
    analysed, rejected = service.analyses
    ends = {("analysed",): analysed, ("rejected",): rejected}
    yield _counter("analyses", "Analyses ended since the start", ("outcome",), ends)
    labels = ("outcome", "stage", "code")
    yield _counter("outcomes", "How files ended, with the stage and code of failures", labels, figures.outcomes)
    yield _histogram("analysis_seconds", "Time one file took in its worker", ("format",), figures.analysis_sec)
    audio = {(kind,): seconds for kind, seconds in figures.audio_sec.items()}
    yield _counter("audio_seconds", "Music analysed", ("format",), audio)


def _by_path(folders: Sequence[Folder], field: str) -> dict[str, float]:
    return {folder.path.encode("utf-8", "backslashreplace").decode(): getattr(folder, field) for folder in folders}


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Any:
    """Return the family of a figure that goes up and down; with an empty *label* there is one value only."""
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    family = GaugeMetricFamily(f"auralis_fp_{name}", text, labels=[label] if label else [])
    for value, number in values.items():
        family.add_metric([value] if label else [], float(number))
    return family


def _counter(name: str, text: str, labels: Sequence[str], values: Mapping[Any, float]) -> Any:
    """Return the family of a figure that only grows, by the values of its labels."""
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    family = CounterMetricFamily(f"auralis_fp_{name}", text, labels=labels)
    for given, number in values.items():
        family.add_metric(given, number)
    return family


def _histogram(name: str, text: str, labels: Sequence[str], values: Histogram) -> Any:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415

    family = HistogramMetricFamily(f"auralis_fp_{name}", text, labels=labels)
    for given, buckets, total in values.series():
        family.add_metric(given, buckets, total)
    return family
