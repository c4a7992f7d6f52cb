"""Every metric is declared once, with its labels, and a misspelt one costs nobody a transfer."""

from gateway.ops.metrics import COUNTERS, DURATIONS, PrometheusMetrics


def test_counts_and_durations_are_rendered_with_their_labels() -> None:
    metrics = PrometheusMetrics()

    metrics.count("bank_calls", bank="smbc", operation="submit", outcome="settled")
    metrics.observe("bank_call", 0.2, bank="smbc", operation="submit")
    page = metrics.render().decode()

    labels = 'bank="smbc",operation="submit"'
    assert f'gateway_bank_calls_total{{{labels},outcome="settled"}} 1.0' in page
    assert f"gateway_bank_call_seconds_count{{{labels}}} 1.0" in page


def test_a_gauge_is_read_when_asked_for() -> None:
    metrics = PrometheusMetrics()
    dropped = [3]

    metrics.watch("log_records_dropped", lambda: dropped[0])
    dropped[0] = 5
    page = metrics.render().decode()

    assert "gateway_log_records_dropped 5.0" in page


def test_a_misspelt_metric_is_counted_and_raises_nothing() -> None:
    metrics = PrometheusMetrics()

    metrics.count("bank_cals", bank="smbc")
    metrics.observe("bank_call", 1.0, bench="smbc")
    page = metrics.render().decode()

    assert 'gateway_metrics_misnamed_total{name="bank_cals"} 1.0' in page
    assert 'gateway_metrics_misnamed_total{name="bank_call"} 1.0' in page


def test_two_processes_parts_do_not_share_a_registry() -> None:
    first, second = PrometheusMetrics(), PrometheusMetrics()

    first.count("refusals", code="busy")

    assert b'code="busy"' not in second.render()


def test_labels_are_declared_in_alphabetical_order() -> None:
    for declared in (*COUNTERS.values(), *DURATIONS.values()):
        assert list(declared.labels) == sorted(declared.labels)
