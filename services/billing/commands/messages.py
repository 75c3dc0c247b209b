"""The inbox of the provider's messages: taking them in, claiming them, settling them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from chassis.errors import Conflict, Invalid, NotFound
from services.billing.domain.verifying import pause_after
from services.billing.models import PaymentMessage
from services.billing.models.payments import MessageState

MAX_MESSAGE = 64 * 1024  # bytes; PayPal's are about two thousand
# Longer than one postback may take, so that nobody else asks about the message meanwhile.
CLAIM_FOR = timedelta(seconds=60)
BATCH = 8
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
OPEN_STATES = (MessageState.RECEIVED, MessageState.WAITING)


@dataclass(frozen=True)
class Claimed:
    """A message to be asked about or, when it is `verified` already, only to be checked again."""

    message_id: UUID
    site_id: UUID
    raw: bytes
    verified: bool


def receive_ipn(
    session: Session,
    *,
    now: datetime,
    due: datetime,
    site_id: UUID,
    message_id: UUID,
    raw: bytes,
    digest: bytes,
    content_type: str,
) -> UUID:
    """Keep the bytes as they came; returns the id they are kept under.

    Bytes that came before are counted as another delivery of the same message; when the provider
    disowned them then, it is asked again. `due` is real time. Raises Invalid for an oversized
    body and Conflict for an id that stands for other bytes.
    """
    if not 0 < len(raw) <= MAX_MESSAGE:
        raise Invalid("message_size", f"A message has 1 to {MAX_MESSAGE} bytes.")
    kept = insert(PaymentMessage).values(
        message_id=message_id,
        site_id=site_id,
        digest=digest,
        raw=raw,
        content_type=content_type[:200],
        received_at=now,
        deliveries=1,
        state=MessageState.RECEIVED,
        attempts=0,
        next_try_at=due,
    )
    new = session.scalar(kept.on_conflict_do_nothing().returning(PaymentMessage.message_id))
    return new or _deliver_again(session, message_id, digest, due)


def claim_messages(session: Session, *, real_now: datetime) -> Sequence[Claimed]:
    """Take the messages that are due, for a while; whoever dies leaves them to the next."""
    due = (
        select(PaymentMessage)
        .where(PaymentMessage.state.in_(OPEN_STATES), PaymentMessage.next_try_at <= real_now)
        .order_by(PaymentMessage.next_try_at)
        .limit(BATCH)
        .options(undefer(PaymentMessage.raw))
        .with_for_update(skip_locked=True)
    )
    messages = session.scalars(due).all()
    for message in messages:
        message.attempts += 1
        message.next_try_at = real_now + max(CLAIM_FOR, pause_after(message.attempts))
    return [
        Claimed(each.message_id, each.site_id, each.raw, each.verified_at is not None)
        for each in messages
    ]


def ask_again(session: Session, *, message_id: UUID, real_now: datetime) -> None:
    """The provider gave no word: nothing is granted, nothing is dropped, it is asked again."""
    message = lock_open(session, message_id)
    if message is not None:
        message.next_try_at = real_now + pause_after(message.attempts)


def refuse_message(session: Session, *, message_id: UUID, now: datetime) -> None:
    """The provider did not send this; it never has an effect."""
    message = lock_open(session, message_id)
    if message is not None:
        settle(message, MessageState.INVALID, now, reason="not_sent_by_provider")


def replay_payment_message(
    session: Session, *, site_id: UUID, message_id: UUID, due: datetime
) -> PaymentMessage:
    """Have the checks run again, soon; an invalid message is also asked about again.

    Raises NotFound, or Conflict for a message that had its effect.
    """
    message = session.get(PaymentMessage, message_id, with_for_update=True)
    if message is None or message.site_id != site_id:
        raise NotFound("message_not_found", "There is no such message.")
    if message.state == MessageState.APPLIED:
        raise Conflict("message_applied", "This message has had its effect.")
    _reopen(message, due)
    return message


def lock_open(session: Session, message_id: UUID) -> PaymentMessage | None:
    """The message locked, None when it is settled already."""
    found = session.get(PaymentMessage, message_id, with_for_update=True, populate_existing=True)
    return found if found and found.state in OPEN_STATES else None


def settle(
    message: PaymentMessage, state: MessageState, now: datetime, reason: str | None = None
) -> None:
    message.state = state
    message.reason = reason
    message.settled_at = now
    message.waits_for = None


def wake_waiting(session: Session, waits_for: str) -> None:
    """What waited for this payment is due at once."""
    session.execute(
        update(PaymentMessage)
        .where(PaymentMessage.waits_for == waits_for, PaymentMessage.state == MessageState.WAITING)
        .values(next_try_at=AT_ONCE)
        .execution_options(synchronize_session=False)
    )


def _deliver_again(session: Session, message_id: UUID, digest: bytes, due: datetime) -> UUID:
    same_id = session.get(PaymentMessage, message_id)
    if same_id is not None:
        if same_id.digest != digest:
            raise Conflict("message_id_used", "This id stands for another message.")
        return message_id
    same_bytes = select(PaymentMessage).where(PaymentMessage.digest == digest).with_for_update()
    message = session.scalars(same_bytes).one()
    message.deliveries += 1
    if message.state == MessageState.INVALID:
        _reopen(message, due)
    return message.message_id


def _reopen(message: PaymentMessage, due: datetime) -> None:
    message.state = MessageState.RECEIVED
    message.reason = None
    message.settled_at = None
    message.attempts = 0
    message.next_try_at = due
