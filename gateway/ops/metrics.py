"""Counters, durations and gauges for Prometheus: every one is declared in the table below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a name means, and the labels it takes."""

    help: str
    labels: tuple[str, ...] = ()


# Labels in alphabetical order.
COUNTERS: Mapping[str, Declared] = {
    "requests": Declared("HTTP requests answered.", ("method", "route", "status")),
    "refusals": Declared("Requests refused, by code.", ("code",)),
    "transfers_accepted": Declared("Transfers accepted.", ("bank", "state")),
    "transfer_moves": Declared("Transfers that moved into a state.", ("bank", "state")),
    "repayments_accepted": Declared("Repayments accepted.", ("bank", "kind")),
    "repayment_moves": Declared("Repayments that moved into a state.", ("bank", "state")),
    "promises": Declared(
        "Settled transfers, by whether the money was there when it was promised.",
        ("bank", "is_kept"),
    ),
    "bank_calls": Declared("Calls to banks, by outcome.", ("bank", "operation", "outcome")),
    "unreadable_texts": Declared(
        "Banks' answers with characters that no table has.", ("bank", "operation")
    ),
    "event_streams_ended": Declared("Event streams that ended, by reason.", ("reason",)),
    "breaker_opened": Declared("Times that the breaker cut a bank off.", ("bank",)),
    "worker_passes": Declared("Passes of background loops.", ("loop", "result")),
    "reconciliation_breaks": Declared(
        "Breaks that reconciliation found, by kind.", ("bank", "kind")
    ),
    "metrics_misnamed": Declared("Uses of a metric that is not declared.", ("name",)),
}
# Rendered with the ending `_seconds`.
DURATIONS: Mapping[str, Declared] = {
    "request": Declared("Time to answer an HTTP request.", ("method", "route")),
    "bank_call": Declared("Time of one call to a bank.", ("bank", "operation")),
    "transfer": Declared("Time from accepted to settled.", ("bank",)),
    "repayment": Declared("Time from accepted to settled, the payer's own included.", ("bank",)),
}
GAUGES: Mapping[str, Declared] = {
    "review_items": Declared("Review items that wait for people, by kind.", ("kind",)),
    "event_streams": Declared("Event streams that are open."),
    "log_records_dropped": Declared("Log records dropped because nobody read stdout."),
    "settlement_balance": Declared(
        "Yen that the ledger shows on the lender's account at a bank.", ("bank",)
    ),
    "transfers_open": Declared("Transfers that are not final, by state.", ("state",)),
    "repayments_open": Declared("Repayments that are not final, by state.", ("state",)),
    "transfers_unclear_age_s": Declared("Seconds for which the oldest one has been unclear."),
}
MISNAMED = "metrics_misnamed"


class PrometheusMetrics:
    """`domain.ports.Metrics` on a registry of its own.

    A name or label that no table declares counts as `metrics_misnamed` and raises nothing: no
    transfer fails for its statistics. A test compares the tables with the code.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(f"gateway_{name}", row.help, row.labels, registry=self._registry)
            for name, row in COUNTERS.items()
        }
        self._durations = {
            name: Histogram(
                f"gateway_{name}_seconds",
                row.help,
                row.labels,
                buckets=BUCKETS_S,
                registry=self._registry,
            )
            for name, row in DURATIONS.items()
        }
        self._gauges = {
            name: Gauge(f"gateway_{name}", row.help, row.labels, registry=self._registry)
            for name, row in GAUGES.items()
        }

    def count(self, name: str, /, **labels: str) -> None:
        declared = COUNTERS.get(name)
        if declared is None or declared.labels != tuple(sorted(labels)):
            self._counters[MISNAMED].labels(name=name).inc()
            return
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc()

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        declared = DURATIONS.get(name)
        if declared is None or declared.labels != tuple(sorted(labels)):
            self._counters[MISNAMED].labels(name=name).inc()
            return
        histogram = self._durations[name]
        (histogram.labels(**labels) if labels else histogram).observe(seconds)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        declared = GAUGES.get(name)
        if declared is None or declared.labels != tuple(sorted(labels)):
            self._counters[MISNAMED].labels(name=name).inc()
            return
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def watch(self, name: str, read: Callable[[], float], /, **labels: str) -> None:
        """Read a gauge from `read` whenever the metrics are rendered."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)
