"""From an event to the rows of the mails that it sets off; nothing is sent here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import shapes
from chassis.envelope import Message
from chassis.ids import new_id
from services.notifications.domain.delivering import MAIN_SITE, State
from services.notifications.domain.rules import Needs, Rule, rules_for
from services.notifications.models import Delivery, Recipient

NO_ADDRESS = "No address is known for this account yet."

# Kept in columns of their own, so that an erasure has one place to go to.
_PERSONAL = {"email", "name", "customer_email", "customer_name", "time_zone", "version"}


def plan_mails(
    session: Session,
    *,
    now: datetime,
    message: Message,
    mail_domain: str,
    event: Mapping[str, Any],
    email: str | None = None,
    name: str | None = None,
    time_zone: str | None = None,
) -> None:
    """One delivery for each rule of the event, however often the event comes (N01).

    The address is the event's own, else the one known of its account; without any the delivery is
    skipped, and taken up when the address becomes known.
    """
    account_id: UUID = event["account_id"]
    known = session.get(Recipient, account_id)
    site_id = message.site_id or (known.site_id if known else MAIN_SITE)
    common = {
        "site_id": site_id,
        "event_id": message.id,
        "wire": message.wire,
        "recipient": str(account_id),
        "account_id": account_id,
        "email": email or (known.email if known else None),
        "name": name or (known.name if known else ""),
        "time_zone": time_zone or (known.time_zone if known else None),
        "facts": shapes.plain({key: event[key] for key in event.keys() - _PERSONAL}),
        "request_id": message.request_id,
        "created_at": now,
        "tried_since": func.clock_timestamp(),
    }
    for rule in rules_for(message.wire):
        _plan(session, rule, common, mail_domain, event.get("invoice_id"))


def wake_for_document(session: Session, *, invoice_id: UUID) -> None:
    """The invoice's document can be fetched: whatever waits for it is due at once.

    A delivery that is asking for it at this very moment, and may just have been told no, is marked,
    so that it asks again at once.
    """
    of_invoice = Delivery.invoice_id == invoice_id
    session.execute(
        update(Delivery)
        .where(of_invoice, Delivery.state == State.WAITING_FOR_DOCUMENT)
        .values(due_at=func.clock_timestamp())
    )
    session.execute(
        update(Delivery)
        .where(of_invoice, Delivery.state == State.SENDING)
        .values(document_is_ready=True)
    )


def _plan(
    session: Session,
    rule: Rule,
    common: Mapping[str, Any],
    mail_domain: str,
    invoice_id: UUID | None,
) -> None:
    delivery_id = new_id()
    state = State.WAITING_FOR_DOCUMENT if rule.needs is Needs.INVOICE_DOCUMENT else State.DUE
    standing = (
        {"state": state, "due_at": func.clock_timestamp(), "reason": None}
        if common["email"]
        else {"state": State.SKIPPED, "due_at": None, "reason": NO_ADDRESS}
    )
    session.execute(
        insert(Delivery)
        .values(
            delivery_id=delivery_id,
            rule=rule.name,
            invoice_id=invoice_id,
            message_id=f"<{delivery_id}@{mail_domain}>",
            **common,
            **standing,
        )
        .on_conflict_do_nothing(index_elements=["event_id", "rule", "recipient"])
    )
