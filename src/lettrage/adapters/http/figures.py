"""The figures that monitoring reads at `/metrics`. No label can take a caller's value."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the moment each series began: noise
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class _Commits(Collector):
    """What the store counts itself: many acts may share one commit."""

    def __init__(self, commits: Callable[[], int]) -> None:
        self._commits = commits

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The count as it stands."""
        yield CounterMetricFamily("lettrage_commits", "Durable commits", value=self._commits())


class Figures:
    """The counters of one service. `commits`: how many durable ones there were so far."""

    def __init__(self, commits: Callable[[], int] = int) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lettrage_requests", "Calls answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "lettrage_request_seconds",
            "Time to the end of an answer",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._settlements = Counter(
            "lettrage_settlements", "Settlements answered", ("outcome",), registry=self._registry
        )
        self._registry.register(_Commits(commits))
        self.in_flight = Gauge("lettrage_in_flight", "Calls being carried out", registry=self._registry)
        for outcome in ("done", "refused", "replayed"):
            self._settlements.labels(outcome)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One call, by the template of its route."""
        known = method if method in _METHODS else "OTHER"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def settled(self, done: int, refused: int, replayed: int) -> None:
        """The settlements of one document; `replayed` ones were done before and are not counted as done again."""
        for outcome, count in (("done", done - replayed), ("refused", refused), ("replayed", replayed)):
            self._settlements.labels(outcome).inc(max(count, 0))

    def text(self) -> bytes:
        """All of it, in the format that Prometheus reads."""
        return generate_latest(self._registry)
