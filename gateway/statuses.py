"""The word and the tone that each status of a service has for a reader.

Tones are those of the badge component: good, waiting, bad, info, quiet.
"""

_GOOD = "good"
_WAITING = "waiting"
_BAD = "bad"
_INFO = "info"
_QUIET = "quiet"

_STATUSES: dict[str, tuple[str, str]] = {
    # memberships
    "active": ("Active", _GOOD),
    "past_due": ("Payment overdue", _BAD),
    "cancelled": ("Cancelled", _QUIET),
    # invoices
    "open": ("To pay", _WAITING),
    "paid": ("Paid", _GOOD),
    "refunded": ("Refunded", _INFO),
    # messages of a payment provider, and what mail waits for
    "received": ("Received", _WAITING),
    "waiting": ("Waiting", _WAITING),
    "applied": ("Applied", _GOOD),
    "ignored": ("Nothing to do", _QUIET),
    "unmatched": ("Unmatched", _BAD),
    "invalid": ("Forged", _BAD),
    # mail
    "due": ("Due", _WAITING),
    "waiting_for_document": ("Waiting for its PDF", _WAITING),
    "sending": ("Sending", _INFO),
    "sent": ("Sent", _GOOD),
    "failed": ("Failed", _BAD),
    "skipped": ("Not sent", _QUIET),
    "unknown": ("Perhaps sent", _WAITING),
    # jobs
    "scheduled": ("Scheduled", _INFO),
    "ready": ("Waiting", _WAITING),
    "running": ("Running", _INFO),
    "blocked": ("Blocked", _WAITING),
    "succeeded": ("Done", _GOOD),
    "dead": ("Dead", _BAD),
    "expired": ("Expired", _QUIET),
    "paused": ("Paused", _WAITING),
    # what happened to a job
    "enqueued": ("Enqueued", _INFO),
    "started": ("Started", _INFO),
    "lost": ("Lost with its node", _BAD),
    "timeout": ("Took too long", _BAD),
    # what a blocked job waits for
    "needs": ("Waits for other jobs", _WAITING),
    "permission": ("Waits to be allowed", _WAITING),
    "concurrency": ("Waits for its turn", _WAITING),
    # nodes
    "live": ("Live", _GOOD),
    "draining": ("Draining", _WAITING),
    "left": ("Left", _QUIET),
    # commissions
    "earned": ("Earned", _GOOD),
    "partly_reversed": ("Partly taken back", _INFO),
    "reversed": ("Taken back", _QUIET),
    # why a genuine message had no effect
    "unreadable": ("It cannot be read", _BAD),
    "other_receiver": ("It paid another receiver", _BAD),
    "test_message_in_production": ("A test message, and this is production", _BAD),
    "live_message_in_sandbox": ("A live message, and this is the sandbox", _BAD),
    "unknown_type": ("A type of message that is not known here", _BAD),
    "for_operators": ("It needs a person to decide", _BAD),
    "incomplete": ("Fields are missing", _BAD),
    "invoice_not_found": ("There is no such invoice", _BAD),
    "token_wrong": ("It did not come from this invoice's form", _BAD),
    "invoice_of_other_subscription": ("The invoice is of another subscription", _BAD),
    "invoice_not_for_this": ("The invoice is for something else", _BAD),
    "already_paid": ("The invoice is already paid", _BAD),
    "already_subscribed": ("The member already has a subscription", _BAD),
    "currency_differs": ("It paid in another currency", _BAD),
    "underpaid": ("It paid too little", _BAD),
    "overpaid": ("It paid too much", _BAD),
    "terms_differ": ("The terms differ from the plan's", _BAD),
    "refund_exceeds_payment": ("It refunds more than was paid", _BAD),
    "payment_never_came": ("The payment it speaks of never came", _BAD),
}


def status_word(status: str) -> str:
    """The word for the reader; a status not listed is shown as it is spelled."""
    return _entry(status)[0]


def status_tone(status: str) -> str:
    """The badge's tone; quiet for a status not listed."""
    return _entry(status)[1]


def _entry(status: str) -> tuple[str, str]:
    return _STATUSES.get(status) or (status.replace("_", " ").capitalize(), _QUIET)
