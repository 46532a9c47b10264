"""Figures for Prometheus, made from the status when asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from ..core import Service
from .keys import service_of


async def metrics(request: web.Request) -> web.StreamResponse:
    """Answer in the text format of Prometheus."""
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - loaded by those who collect figures
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    service = service_of(request)
    registry = CollectorRegistry()
    registry.register(_Collector(service, await service.status()))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Collector:
    """One scrape."""

    def __init__(self, service: Service, status: dict[str, Any]) -> None:
        self._service = service
        self._status = status

    def collect(self) -> Iterator[Any]:
        """Yield the families of figures."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

        def by(kind: type, name: str, text: str, label: str, values: Mapping[str, float]) -> Any:
            family = kind(f"auralis_fp_{name}", text, labels=[label])
            for value, number in values.items():
                family.add_metric([value], number)
            return family

        status, tally = self._status, self._service.tally
        analysed, rejected = self._service.analyses
        counts = {state: number for state, number in status["counts"].items() if state != "total"}
        answered = {name: getattr(tally, name) for name in ("memory", "store", "sidecar", "analysis", "refused")}
        workers = [worker["state"] for worker in status["workers"]]
        yield by(GaugeMetricFamily, "files", "Files in the library", "state", counts)
        yield by(CounterMetricFamily, "answers", "Requests answered, by where from", "source", answered)
        ends = {"analysed": analysed, "rejected": rejected}
        yield by(CounterMetricFamily, "analyses", "Analyses ended since the start", "outcome", ends)
        states = {state: workers.count(state) for state in ("starting", "idle", "working")}
        yield by(GaugeMetricFamily, "workers", "Analysis processes", "state", states)
        yield GaugeMetricFamily(
            "auralis_fp_healthy", "1 if nothing is wrong", value=status["health"]["status"] == "healthy"
        )
        yield GaugeMetricFamily("auralis_fp_uptime_seconds", "Time since the start", value=status["uptime_sec"])
        speed = status["rate"]["times_real_time"]
        yield GaugeMetricFamily("auralis_fp_times_real_time", "Seconds of music a second", value=speed or 0)
