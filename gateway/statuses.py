"""The word and the tone that each status of a service has for a reader.

Tones are those of the badge component: good, waiting, bad, info, quiet.
"""

_GOOD = "good"
_WAITING = "waiting"
_BAD = "bad"
_INFO = "info"
_QUIET = "quiet"

_STATUSES: dict[str, tuple[str, str]] = {
    # memberships and subscriptions
    "active": ("Active", _GOOD),
    "trialing": ("Trial", _INFO),
    "past_due": ("Payment overdue", _BAD),
    "cancelled": ("Cancelled", _QUIET),
    "expired": ("Ended", _QUIET),
    # invoices and payments
    "draft": ("Draft", _QUIET),
    "open": ("To pay", _WAITING),
    "paid": ("Paid", _GOOD),
    "void": ("Void", _QUIET),
    "refunded": ("Refunded", _INFO),
    "partly_refunded": ("Partly refunded", _INFO),
    # messages from a payment provider
    "received": ("Received", _WAITING),
    "verified": ("Verified", _INFO),
    "invalid": ("Forged", _BAD),
    "unknown": ("Not known yet", _WAITING),
    "applied": ("Applied", _GOOD),
    "matched": ("Matched", _GOOD),
    "unmatched": ("Unmatched", _WAITING),
    "ignored": ("Nothing to do", _QUIET),
    "refused": ("Refused", _BAD),
    # mail
    "queued": ("Waiting", _WAITING),
    "held": ("Waiting for its PDF", _WAITING),
    "sending": ("Sending", _INFO),
    "sent": ("Sent", _GOOD),
    "failed": ("Failed", _BAD),
    # jobs and nodes
    "pending": ("Pending", _WAITING),
    "scheduled": ("Scheduled", _INFO),
    "available": ("Waiting", _WAITING),
    "running": ("Running", _INFO),
    "retrying": ("To be retried", _WAITING),
    "done": ("Done", _GOOD),
    "completed": ("Done", _GOOD),
    "dead": ("Dead", _BAD),
    "alive": ("Alive", _GOOD),
    "draining": ("Draining", _WAITING),
    "lost": ("Lost", _BAD),
    # commissions
    "earned": ("Earned", _GOOD),
    "on_hold": ("On hold", _WAITING),
    "reversed": ("Reversed", _QUIET),
    # processes
    "ready": ("Ready", _GOOD),
    "not_ready": ("Not ready", _BAD),
}


def status_word(status: str) -> str:
    """The word for the reader; a status not listed is shown as it is spelled."""
    return _entry(status)[0]


def status_tone(status: str) -> str:
    """The badge's tone; quiet for a status not listed."""
    return _entry(status)[1]


def _entry(status: str) -> tuple[str, str]:
    return _STATUSES.get(status) or (status.replace("_", " ").capitalize(), _QUIET)
