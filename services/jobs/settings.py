"""What the jobs service reads from the environment beside what every service does."""

from dataclasses import dataclass

from chassis.config import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """MEMBERHALL_JOBS_*; all but the first in seconds."""

    history_days: int = setting(default=30)
    hook_seconds: float = setting(default=1.0)
    """How often kinds are asked what there is to do."""
    hook_deadline: float = setting(default=5.0)
    """How long a service may take to answer a hook."""
    permission_seconds: float = setting(default=30.0)
    """When a job that may not run now is asked for again."""
    report_seconds: float = setting(default=30.0)
    """How often kinds are asked for their reports."""
