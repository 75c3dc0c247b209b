"""The outside parties of jobs: the nodes, as far as they hear."""

from services.jobs.adapters.bell import NodeBell

__all__ = ["NodeBell"]
