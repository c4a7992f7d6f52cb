"""One module a bank; the only place that speaks to banks."""
