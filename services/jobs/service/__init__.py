"""The bus side of the jobs service, and the keeper of its house."""

from services.jobs.service.doors import JobsService

__all__ = ["JobsService"]
