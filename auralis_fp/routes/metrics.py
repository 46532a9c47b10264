"""Prometheus metrics, built from the counters on each scrape."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from aiohttp import web

from ..engine.metrics import Histogram, Metrics
from ..engine.service import Service
from ..engine.snapshot import Folder, Machine, Status
from ..runtime.serialization import plain
from .app_keys import service_of
from .schemas.queries import Query, read_query


async def metrics(request: web.Request) -> web.StreamResponse:
    """Get metrics in the Prometheus text format."""
    await asyncio.to_thread(import_module, "prometheus_client.exposition")  # slow to import
    from prometheus_client import CollectorRegistry  # only loaded if metrics are collected
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

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
        """Yield the metric families."""
        yield from _library_metrics(self._status)
        yield from _cluster_metrics(self._status.machines)
        yield from _request_metrics(self._service)
        yield from _analysis_metrics(self._service)


def _library_metrics(status: Status) -> Iterator[Any]:
    counts = {state: number for state, number in plain(status.counts).items() if state != "total"}
    yield _gauge("files", "Files in the library", "state", counts)
    yield _gauge("queue", "Files in the queue", "", {"": counts["pending"] + counts["outdated"]})
    folders = status.folders
    yield _gauge("folder_online", "1 if a music folder can be read", "folder", _by_path(folders, "online"))
    yield _gauge("folder_files", "Files found by the last scan", "folder", _by_path(folders, "files"))
    yield _gauge("folder_scanning", "1 while a music folder is being scanned", "folder", _by_path(folders, "scanning"))
    swept = {folder.path: folder.last_scan for folder in folders if folder.last_scan is not None}
    yield _gauge("folder_last_sweep_timestamp_seconds", "Time of the last scan", "folder", swept)
    modes = [folder.mode for folder in folders]
    watched = {mode: modes.count(mode) for mode in ("starting", "events", "polling", "off", "failed")}
    yield _gauge("watched_folders", "Music folders by change detection mode", "mode", watched)
    workers = [worker.state for worker in status.workers]
    slots = {state: workers.count(state) for state in ("starting", "idle", "working")}
    yield _gauge("workers", "Analysis processes", "state", slots)
    memory = {str(worker.slot): worker.memory_bytes or 0 for worker in status.workers}
    yield _gauge("worker_memory_bytes", "Resident memory of an analysis process", "slot", memory)
    yield _gauge("healthy", "1 if the service is healthy", "", {"": status.health.status == "healthy"})
    yield _gauge("parts_waiting", "Files whose result lacks parts", "", {"": status.parts.waiting})
    yield _gauge("uptime_seconds", "Time since the service started", "", {"": status.uptime_sec})
    yield _gauge("times_real_time", "Seconds of audio analysed per second", "", {"": status.rate.times_real_time or 0})


def _cluster_metrics(machines: Sequence[Machine]) -> Iterator[Any]:
    if not machines:
        return
    by_name: dict[str, list[Machine]] = {}
    for machine in machines:
        by_name.setdefault(machine.name, []).append(machine)
    usable = {name: any(not each.refused for each in some) for name, some in by_name.items()}
    yield _gauge("machine_usable", "1 if a machine of the cluster gets files", "machine", usable)
    slots = {name: sum(each.used for each in some) for name, some in by_name.items()}
    yield _gauge("machine_slots", "Slots of a machine that may be used", "machine", slots)
    working = {name: sum(each.working for each in some) for name, some in by_name.items()}
    yield _gauge("machine_working", "Slots of a machine that are busy", "machine", working)
    lag = {name: some[0].lag_sec or 0.0 for name, some in by_name.items()}
    yield _gauge("machine_lag_seconds", "Mean time of a file on the way and in waiting", "machine", lag)
    outcomes = {
        (name, kind): getattr(some[0], kind)
        for name, some in by_name.items()
        for kind in ("analysed", "failed", "lost")
    }
    yield _counter("machine_files", "Files by machine, since the start", ("machine", "outcome"), outcomes)
    audio = {(name,): some[0].audio_sec for name, some in by_name.items()}
    yield _counter("machine_audio_seconds", "Audio analysed by machine", ("machine",), audio)


def _request_metrics(service: Service) -> Iterator[Any]:
    counters, counted = service.counters, service.metrics
    answered = {(name,): getattr(counters, name) for name in ("memory", "store", "sidecar", "analysis", "refused")}
    yield _counter("answers", "Fingerprint requests by the source of the answer", ("source",), answered)
    requests = counted.requests
    yield _counter("http_requests", "HTTP requests", ("method", "route", "status"), requests)
    yield _histogram("http_request_seconds", "HTTP request duration", ("route",), counted.request_sec)
    yield _gauge("event_streams", "Open event streams", "", {"": service.listeners})


def _analysis_metrics(service: Service) -> Iterator[Any]:
    counted: Metrics = service.metrics
    analysed, rejected = service.analyses
    ends = {("analysed",): analysed, ("rejected",): rejected}
    yield _counter("analyses", "Analyses completed since the start", ("outcome",), ends)
    labels = ("outcome", "stage", "code")
    yield _counter("outcomes", "Outcomes of files, with stage and code of failures", labels, counted.outcomes)
    yield _histogram("analysis_seconds", "Analysis time per file", ("format",), counted.analysis_sec)
    audio = {(kind,): seconds for kind, seconds in counted.audio_sec.items()}
    yield _counter("audio_seconds", "Audio analysed", ("format",), audio)


def _by_path(folders: Sequence[Folder], field: str) -> dict[str, float]:
    return {folder.path.encode("utf-8", "backslashreplace").decode(): getattr(folder, field) for folder in folders}


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Any:
    """Return a gauge; without *label* it has a single value."""
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"auralis_fp_{name}", text, labels=[label] if label else [])
    for value, number in values.items():
        family.add_metric([value] if label else [], float(number))
    return family


def _counter(name: str, text: str, labels: Sequence[str], values: Mapping[Any, float]) -> Any:
    """Return a counter by the values of its labels."""
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"auralis_fp_{name}", text, labels=labels)
    for given, number in values.items():
        family.add_metric(given, number)
    return family


def _histogram(name: str, text: str, labels: Sequence[str], values: Histogram) -> Any:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(f"auralis_fp_{name}", text, labels=labels)
    for given, buckets, total in values.series():
        family.add_metric(given, buckets, total)
    return family
