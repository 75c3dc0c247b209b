"""Taking deliveries up one at a time, and noting how each attempt ended.

An attempt is two short transactions with the sending between them. The claim in the row says whose
attempt it is; one that comes back after its claim has passed on changes nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.outbox import stage
from services.notifications.domain import delivering
from services.notifications.domain.delivering import Claimed, Ending, Outcome, State, Step
from services.notifications.domain.rules import mail_class_of
from services.notifications.events import MailFailed, MailSent
from services.notifications.models import Delivery, Recipient

CUT_OFF = "The attempt was cut off; the mail may have been sent."
_CLAIMABLE = (State.DUE, State.WAITING_FOR_DOCUMENT, State.UNKNOWN)


def take_up_again(session: Session) -> None:
    """Deliveries whose attempt was cut off are in doubt (N02); those whose address is now known
    are due.
    """
    cut_off = select(Delivery).where(Delivery.claimed_until < func.clock_timestamp())
    for delivery in session.scalars(cut_off.with_for_update(skip_locked=True)):
        step = delivering.in_doubt(mail_class_of(delivery.rule), delivery.resends)
        _stand(delivery, step, CUT_OFF)
    session.execute(
        update(Delivery)
        .where(Delivery.email.is_(None), Delivery.account_id == Recipient.account_id)
        .values(
            email=Recipient.email,
            name=Recipient.name,
            time_zone=Recipient.time_zone,
            state=State.DUE,
            reason=None,
            due_at=func.clock_timestamp(),
            tried_since=func.clock_timestamp(),
        )
        .execution_options(synchronize_session=False)
    )


def claim_next(session: Session) -> Claimed | None:
    """Claim the delivery that is due longest, None when none is."""
    delivery = session.scalar(
        select(Delivery)
        .where(Delivery.due_at <= func.clock_timestamp(), Delivery.state.in_(_CLAIMABLE))
        .order_by(Delivery.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if delivery is None:
        return None
    if delivery.state == State.UNKNOWN:
        delivery.resends += 1
    claim_id = new_id()
    delivery.state = State.SENDING
    delivery.attempts += 1
    delivery.due_at = None
    delivery.claim_id = claim_id
    delivery.claimed_until = func.clock_timestamp() + delivering.LEASE
    delivery.document_is_ready = False
    return _claimed(delivery, claim_id)


def record(
    session: Session,
    *,
    claimed: Claimed,
    outcome: Outcome,
    now: datetime,
    real_now: datetime,
    chance: float,
) -> None:
    """Note how an attempt ended and tell of it, unless the claim has passed on meanwhile."""
    delivery = session.scalar(
        select(Delivery)
        .where(Delivery.delivery_id == claimed.delivery_id, Delivery.claim_id == claimed.claim_id)
        .with_for_update()
    )
    if delivery is None:
        return
    step = delivering.after(
        outcome.ending,
        attempts=delivery.attempts,
        resends=delivery.resends,
        mail_class=mail_class_of(delivery.rule),
        give_up=delivering.is_over(delivery.tried_since, real_now),
        chance=chance,
    )
    if outcome.ending is Ending.NO_DOCUMENT and delivery.document_is_ready:
        step = Step(step.state, 0.0)
    _stand(delivery, step, outcome.reason)
    if step.state is State.SENT:
        delivery.sent_at = now
    session.flush()
    _tell(session, delivery)


def _stand(delivery: Delivery, step: Step, reason: str | None) -> None:
    delivery.state = step.state
    delivery.reason = reason
    delivery.claim_id = None
    delivery.claimed_until = None
    delivery.due_at = (
        None if step.due_in is None else func.clock_timestamp() + timedelta(seconds=step.due_in)
    )


def _tell(session: Session, delivery: Delivery) -> None:
    told = {State.SENT: MailSent, State.FAILED: MailFailed}.get(State(delivery.state))
    if told:
        stage(
            session,
            told(
                delivery_id=delivery.delivery_id,
                rule=delivery.rule,
                account_id=delivery.account_id,
                version=delivery.attempts,
            ),
        )


def _claimed(delivery: Delivery, claim_id: UUID) -> Claimed:
    assert delivery.email is not None
    return Claimed(
        delivery_id=delivery.delivery_id,
        claim_id=claim_id,
        site_id=delivery.site_id,
        account_id=delivery.account_id,
        wire=delivery.wire,
        rule=delivery.rule,
        email=delivery.email,
        name=delivery.name,
        time_zone=delivery.time_zone,
        facts=delivery.facts,
        message_id=delivery.message_id,
        request_id=delivery.request_id,
    )
