"""What the jobs service can tell: each function is one read that returns plain values."""

from services.jobs.queries.cluster import leader, node_lines, nodes, overview
from services.jobs.queries.hooks import HookedKind, hooked_kinds, live_keys, waiting
from services.jobs.queries.jobs import job
from services.jobs.queries.kinds import kind, kind_lines, kinds
from services.jobs.queries.listing import jobs
from services.jobs.queries.results import document, group
from services.jobs.queries.schedules import schedules
from services.jobs.queries.upkeep import Glance, glance, tables_to_vacuum

__all__ = [
    "Glance",
    "HookedKind",
    "document",
    "glance",
    "group",
    "hooked_kinds",
    "job",
    "jobs",
    "kind",
    "kind_lines",
    "kinds",
    "leader",
    "live_keys",
    "node_lines",
    "nodes",
    "overview",
    "schedules",
    "tables_to_vacuum",
    "waiting",
]
