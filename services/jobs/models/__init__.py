"""The job core's tables as queries read them. They are written by the core's SQL functions alone,
which the migrations define."""

from services.jobs.models.base import Base
from services.jobs.models.jobs import (
    Attempt,
    Dependency,
    Document,
    Done,
    EnqueueReceipt,
    JobGroup,
    JobLog,
    Live,
    Progress,
)
from services.jobs.models.kinds import (
    Fire,
    Kind,
    KindMinute,
    KindReport,
    RateState,
    Schedule,
)
from services.jobs.models.nodes import (
    Allocation,
    Leader,
    Node,
    NodeKind,
    NodeSession,
)

__all__ = [
    "Allocation",
    "Attempt",
    "Base",
    "Dependency",
    "Document",
    "Done",
    "EnqueueReceipt",
    "Fire",
    "JobGroup",
    "JobLog",
    "Kind",
    "KindMinute",
    "KindReport",
    "Leader",
    "Live",
    "Node",
    "NodeKind",
    "NodeSession",
    "Progress",
    "RateState",
    "Schedule",
]
