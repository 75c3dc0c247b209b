"""An operator has a delivery tried again."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.errors import Conflict, NotFound
from services.notifications.domain.delivering import State
from services.notifications.models import Delivery


def retry_delivery(session: Session, *, site_id: UUID, delivery_id: UUID) -> Delivery:
    """Make the delivery due now, under the Message-ID it always had.

    Raises NotFound, and Conflict when it is sent, being sent, or has no address.
    """
    delivery = session.scalar(
        select(Delivery)
        .where(Delivery.delivery_id == delivery_id, Delivery.site_id == site_id)
        .with_for_update()
    )
    if delivery is None:
        raise NotFound("delivery_not_found", "There is no such delivery.")
    _refuse_unless_possible(delivery)
    if delivery.state != State.WAITING_FOR_DOCUMENT:
        delivery.state = State.DUE
    delivery.reason = None
    delivery.due_at = func.clock_timestamp()
    delivery.tried_since = func.clock_timestamp()
    session.flush()
    session.refresh(delivery)
    return delivery


def _refuse_unless_possible(delivery: Delivery) -> None:
    if delivery.state == State.SENT:
        raise Conflict("already_sent", "This mail has been sent.")
    if delivery.state == State.SENDING:
        raise Conflict("being_sent", "This mail is being sent at this moment.")
    if delivery.email is None:
        raise Conflict("no_address", "No address is known for this account yet.")
