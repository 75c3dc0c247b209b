"""What operators can see of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.errors import Invalid, NotFound
from services.notifications import templates
from services.notifications.domain.delivering import State
from services.notifications.domain.letters import Shop, letter_values
from services.notifications.domain.rules import rule_named
from services.notifications.models import Delivery
from services.notifications.schemas import facts_of
from services.notifications.templates import CannotRender, Rendered


@dataclass(frozen=True)
class DeliveryPage:
    """Deliveries, newest first; `next_cursor` is the last one's id where more follow."""

    items: Sequence[Delivery]
    next_cursor: UUID | None


def deliveries(
    session: Session, *, site_id: UUID, state: str | None, limit: int, cursor: UUID | None
) -> DeliveryPage:
    """A page of a site's deliveries."""
    page = select(Delivery).where(Delivery.site_id == site_id)
    if state:
        page = page.where(Delivery.state == state)
    if cursor:
        page = page.where(Delivery.delivery_id < cursor)
    page = page.order_by(Delivery.delivery_id.desc()).limit(limit + 1)
    rows = session.scalars(page).all()
    more = len(rows) > limit
    return DeliveryPage(rows[:limit], rows[limit - 1].delivery_id if more else None)


def delivery(session: Session, *, site_id: UUID, delivery_id: UUID, shop: Shop) -> dict[str, Any]:
    """One delivery and its mail as it reads today; raises NotFound."""
    found = session.scalar(
        select(Delivery).where(Delivery.delivery_id == delivery_id, Delivery.site_id == site_id)
    )
    if found is None:
        raise NotFound("delivery_not_found", "There is no such delivery.")
    shown = {column.name: getattr(found, column.name) for column in Delivery.__table__.columns}
    return {**shown, "because": rule_named(found.rule).because, "preview": _preview(found, shop)}


def mail_overview(session: Session, *, site_id: UUID) -> dict[str, int]:
    """How many of a site's deliveries are in each state."""
    states = select(Delivery.state, func.count()).where(Delivery.site_id == site_id)
    counts = dict.fromkeys((state.value for state in State), 0)
    for state, count in session.execute(states.group_by(Delivery.state)):
        counts[state] = count
    return counts


def _preview(found: Delivery, shop: Shop) -> Rendered | None:
    rule = rule_named(found.rule)
    try:
        values = letter_values(
            rule,
            shop,
            name=found.name,
            time_zone=found.time_zone,
            facts=facts_of(found.wire, found.facts),
        )
        return templates.render(rule.template, values)
    except (Invalid, CannotRender):
        # The reason is on the delivery; the page shows it without a mail.
        return None
