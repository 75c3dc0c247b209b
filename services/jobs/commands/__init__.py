"""What the jobs service does: each function is one unit of work on an open session."""

from services.jobs.commands.allocating import (
    allocate_slots,
)
from services.jobs.commands.asking import (
    Petitioner,
    keep_report,
    permit,
    relaunch,
    store_selected,
    take_petitioners,
)
from services.jobs.commands.business_time import (
    advance_clock,
)
from services.jobs.commands.documents import (
    store_document,
)
from services.jobs.commands.ending import (
    cancel_job,
    retry_dead,
    retry_job,
)
from services.jobs.commands.enqueueing import (
    Accepted,
    enqueue,
    enqueue_many,
)
from services.jobs.commands.firing import (
    Firings,
    fire_due_schedules,
)
from services.jobs.commands.housekeeping import (
    ANNOUNCE_AT_ONCE,
    Rescued,
    announce_deaths,
    free_waiting,
    keep_history,
    next_due_in,
    prune_receipts,
    ready_due_jobs,
    rescue,
    vacuum,
)
from services.jobs.commands.kinds import (
    change_kind,
    declare_kinds,
    pause_kind,
    resume_kind,
)
from services.jobs.commands.leading import (
    NOT_LEADING,
    Term,
    campaign,
    lead,
    resign,
)
from services.jobs.commands.nodes import (
    change_node,
    pause_node,
    resume_node,
)
from services.jobs.commands.schedules import (
    fire_now,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    save_schedule,
)

__all__ = [
    "ANNOUNCE_AT_ONCE",
    "NOT_LEADING",
    "Accepted",
    "Firings",
    "Petitioner",
    "Rescued",
    "Term",
    "advance_clock",
    "allocate_slots",
    "announce_deaths",
    "campaign",
    "cancel_job",
    "change_kind",
    "change_node",
    "declare_kinds",
    "enqueue",
    "enqueue_many",
    "fire_due_schedules",
    "fire_now",
    "free_waiting",
    "keep_history",
    "keep_report",
    "lead",
    "next_due_in",
    "pause_kind",
    "pause_node",
    "pause_schedule",
    "permit",
    "prune_receipts",
    "ready_due_jobs",
    "relaunch",
    "remove_schedule",
    "rescue",
    "resign",
    "resume_kind",
    "resume_node",
    "resume_schedule",
    "retry_dead",
    "retry_job",
    "save_schedule",
    "store_document",
    "store_selected",
    "take_petitioners",
    "vacuum",
]
