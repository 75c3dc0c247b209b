"""What a node measures of itself, beside what every process does."""

from prometheus_client import Counter, Gauge

runs = Counter(
    "memberhall_job_runs_total", "Runs that ended, as the database accepted", ["outcome"]
)
run_seconds = Counter("memberhall_job_run_seconds_total", "Time spent in handlers", ["kind"])
stale = Counter("memberhall_jobs_stale_completions_total", "Outcomes that came too late to count")
held = Gauge("memberhall_jobs_held", "Jobs claimed by this node and not yet settled")
sessions = Counter("memberhall_node_sessions_total", "Times this agent has joined")
killed = Counter("memberhall_node_workers_killed_total", "Workers stopped by the agent", ["reason"])
