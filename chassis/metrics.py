"""What every process measures of itself, in Prometheus' terms (seconds, totals)."""

from prometheus_client import Counter, Gauge, Histogram

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

rpc_seconds = Histogram(
    "memberhall_rpc_seconds", "Time to answer a call", ["method"], buckets=_LATENCY
)
rpc_answers = Counter("memberhall_rpc_answers_total", "Calls answered", ["method", "outcome"])
calls_made = Histogram(
    "memberhall_call_seconds", "Time a caller waited", ["service", "method"], buckets=_LATENCY
)
events_handled = Counter(
    "memberhall_events_handled_total", "Deliveries of events by outcome", ["wire", "outcome"]
)
event_lag = Histogram(
    "memberhall_event_lag_seconds",
    "From staging to the handler's start",
    ["wire"],
    buckets=_LATENCY,
)
retries = Counter("memberhall_retries_total", "Deliveries put off after a failure", ["wire"])
dead_letters = Counter("memberhall_dead_letters_total", "Deliveries given up", ["wire"])
events_published = Counter("memberhall_events_published_total", "Outbox rows confirmed")
outbox_waiting = Gauge("memberhall_outbox_waiting", "Outbox rows not yet published")
outbox_lag = Gauge("memberhall_outbox_lag_seconds", "Age of the oldest unpublished outbox row")
reconnections = Counter(
    "memberhall_broker_reconnections_total", "Times the broker connection was made again", ["wire"]
)
