"""What the leader measures of the cluster; only its own process shows it."""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Counter, Gauge

STATES = ("ready", "scheduled", "running", "blocked", "dead")

leads = Gauge("memberhall_jobs_leader", "1 in the process that keeps house")
term = Gauge("memberhall_jobs_leader_term", "The number of the leader's term")
epoch = Gauge("memberhall_jobs_allocation_epoch", "Allocations of slots written so far")
jobs = Gauge("memberhall_jobs", "Jobs of a kind by state; counts to 10,000", ["kind", "state"])
slots = Gauge("memberhall_jobs_slots", "Slots allocated to a kind", ["kind"])
nodes = Gauge("memberhall_jobs_nodes", "Nodes by state, ended ones for an hour", ["state"])
paused = Gauge("memberhall_jobs_paused", "1 for a kind that is paused", ["kind"])
rescued = Counter("memberhall_jobs_rescued_total", "Jobs taken back from nodes that were lost")
nodes_lost = Counter("memberhall_jobs_nodes_lost_total", "Nodes whose lease ran out")
fired = Counter("memberhall_jobs_fired_total", "Jobs made by schedules")
ticks = Counter("memberhall_jobs_ticks_total", "Rounds of housekeeping", ["tick", "outcome"])
hooks = Counter("memberhall_jobs_hooks_total", "Hooks asked", ["kind", "hook", "outcome"])

_OF_THE_LEADER = (jobs, slots, nodes, paused)


def show(kinds: Iterable[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> None:
    """Set the gauges from the lines of kinds and of nodes, as queries tell them."""
    for gauge in _OF_THE_LEADER:
        gauge.clear()
    for line in kinds:
        for state in STATES:
            jobs.labels(line["name"], state).set(line[state])
        slots.labels(line["name"]).set(line["slots"])
        paused.labels(line["name"]).set(line["paused_at"] is not None)
    for node in found:
        nodes.labels(node["state"]).inc()


def forget() -> None:
    """Show nothing that another process now shows."""
    leads.set(0)
    for gauge in _OF_THE_LEADER:
        gauge.clear()
