"""What the affiliates service reads from the environment: what every service does."""

from dataclasses import dataclass

from chassis.config import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """The programme's rate and window are parameters in the database, not settings."""
