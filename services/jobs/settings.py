"""What the jobs service reads from the environment beside what every service does."""

from dataclasses import dataclass

from chassis.config import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """MEMBERHALL_JOBS_*."""

    history_days: int = setting(default=30)
