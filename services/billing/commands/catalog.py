"""Loading the catalog: what changed becomes a new version, what is gone is no longer offered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.billing.domain.catalog import Interval, Term
from services.billing.models import Plan, Product

Row = TypeVar("Row", Product, Plan)


def load_catalog(
    session: Session, *, now: datetime, site_id: UUID, products: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Make the offer what the catalog says; doing it again changes nothing.

    Returns how many rows were {added, retired}. Sold versions stay as they are; only the place in
    the list is no part of what is sold, and follows the file.
    """
    wanted: list[Product | Plan] = []
    for position, described in enumerate(products):
        product, kept = _product(session, site_id, position, described)
        wanted.append(product)
        wanted += [
            _plan(session, product, place, plan, reuse=kept)
            for place, plan in enumerate(described["plans"])
        ]
    retired = _retire(session, now, site_id, wanted)
    added = [row for row in wanted if row not in session]
    for row in added:
        row.offered_at = now
        session.add(row)
        session.flush()
    return {"added": len(added), "retired": retired}


def _product(
    session: Session, site_id: UUID, position: int, described: Mapping[str, Any]
) -> tuple[Product, bool]:
    """The offered version when it says the same, else a new one; and whether it was kept."""
    content = _texts(described)
    offered = _offered(session, Product, site_id, described["code"])
    if offered and _says(offered, content):
        offered.position = position
        return offered, True
    version = _next_version(session, Product, site_id, described["code"])
    product = Product(
        product_id=new_id(),
        site_id=site_id,
        code=described["code"],
        version=version,
        position=position,
        **content,
    )
    return product, False


def _plan(
    session: Session, product: Product, position: int, described: Mapping[str, Any], *, reuse: bool
) -> Plan:
    content = {**_texts(described), **_price(described)}
    offered = _offered(session, Plan, product.site_id, described["code"])
    if offered and reuse and offered.product_id == product.product_id and _says(offered, content):
        offered.position = position
        return offered
    return Plan(
        plan_id=new_id(),
        site_id=product.site_id,
        product_id=product.product_id,
        code=described["code"],
        version=_next_version(session, Plan, product.site_id, described["code"]),
        position=position,
        **content,
    )


def _texts(described: Mapping[str, Any]) -> dict[str, Any]:
    return {name: described[name] for name in ("name", "description", "features")}


def _price(described: Mapping[str, Any]) -> dict[str, Any]:
    interval: Interval | None = described["interval"]
    trial: Term | None = described["trial"]
    return {
        "amount": described["price"].amount,
        "currency": described["price"].currency,
        "interval_unit": interval.unit.value if interval else None,
        "interval_count": interval.count if interval else None,
        "trial_amount": trial.price.amount if trial else None,
        "trial_unit": trial.interval.unit.value if trial else None,
        "trial_count": trial.interval.count if trial else None,
    }


def _says(row: Product | Plan, content: Mapping[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in content.items())


def _offered(session: Session, table: type[Row], site_id: UUID, code: str) -> Row | None:
    offered = select(table).where(
        table.site_id == site_id, table.code == code, table.retired_at.is_(None)
    )
    return session.scalars(offered.with_for_update(of=table)).one_or_none()


def _next_version(
    session: Session, table: type[Product] | type[Plan], site_id: UUID, code: str
) -> int:
    newest = select(func.max(table.version)).where(table.site_id == site_id, table.code == code)
    return (session.scalar(newest) or 0) + 1


def _retire(
    session: Session, now: datetime, site_id: UUID, wanted: Sequence[Product | Plan]
) -> int:
    """Retire first and flush: only one version of a code may be offered at any moment."""
    kept = set(map(id, wanted))
    offered: list[Product | Plan] = []
    for table in (Product, Plan):
        rows = select(table).where(table.site_id == site_id, table.retired_at.is_(None))
        offered += session.scalars(rows)
    gone = [row for row in offered if id(row) not in kept]
    for row in gone:
        row.retired_at = now
    session.flush()
    return len(gone)
