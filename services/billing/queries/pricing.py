"""What is for sale."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.domain.catalog import Interval
from services.billing.models import Plan, Product


def pricing(session: Session, *, site_id: UUID) -> dict[str, Sequence[dict[str, Any]]]:
    """The plans on offer, in the catalog's order."""
    offered = (
        select(Plan)
        .join(Product, Product.product_id == Plan.product_id)
        .where(Plan.site_id == site_id, Plan.retired_at.is_(None))
        .order_by(Product.position, Plan.position)
    )
    return {"plans": [plan_view(plan) for plan in session.scalars(offered)]}


def plan_view(plan: Plan) -> dict[str, Any]:
    """A plan as buyers see it; a plan without features of its own has its product's."""
    trial = plan.trial
    return {
        "plan_id": plan.plan_id,
        "code": plan.code,
        "version": plan.version,
        "name": plan.name,
        "description": plan.description,
        "features": plan.features or plan.product.features,
        "product": {
            "code": plan.product.code,
            "name": plan.product.name,
            "description": plan.product.description,
        },
        "price": plan.price,
        "interval": _interval(plan.interval),
        "trial": {"price": trial.price, "interval": _interval(trial.interval)} if trial else None,
    }


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return {"unit": interval.unit.value, "count": interval.count} if interval else None
