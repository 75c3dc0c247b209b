"""Products and plans. A changed one is a new version in a new row; nothing sold ever changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.money import Money
from services.billing.domain.catalog import Interval, Term, Terms, Unit
from services.billing.models.base import Base, one_of

OFFERED = text("retired_at IS NULL")


class Product(Base):
    """What a plan gives access to."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("site_id", "code", "version"),
        Index("ix_product_offered", "site_id", "code", unique=True, postgresql_where=OFFERED),
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    code: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    features: Mapped[list[str]]
    position: Mapped[int]
    offered_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Plan(Base):
    """A price for a product: recurring with an interval, or once without."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("site_id", "code", "version"),
        Index("ix_plan_offered", "site_id", "code", unique=True, postgresql_where=OFFERED),
        Index("ix_plan_product_id", "product_id"),
        one_of("interval_unit", Unit),
        one_of("trial_unit", Unit),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("trial_amount >= 0", name="trial_amount_not_negative"),
        CheckConstraint(
            "(interval_unit IS NULL) = (interval_count IS NULL)", name="interval_whole"
        ),
        CheckConstraint(
            "(trial_unit IS NULL) = (trial_count IS NULL)"
            " AND (trial_unit IS NULL) = (trial_amount IS NULL)"
            " AND (trial_unit IS NULL OR interval_unit IS NOT NULL)",
            name="trial_whole",
        ),
    )

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.product_id"))
    code: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    features: Mapped[list[str]]
    position: Mapped[int]
    amount: Mapped[int]
    currency: Mapped[str]
    interval_unit: Mapped[str | None]
    interval_count: Mapped[int | None]
    trial_amount: Mapped[int | None]
    trial_unit: Mapped[str | None]
    trial_count: Mapped[int | None]
    offered_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def interval(self) -> Interval | None:
        if self.interval_unit is None or self.interval_count is None:
            return None
        return Interval(Unit(self.interval_unit), self.interval_count)

    @property
    def trial(self) -> Term | None:
        if self.trial_amount is None or self.trial_unit is None or self.trial_count is None:
            return None
        interval = Interval(Unit(self.trial_unit), self.trial_count)
        return Term(Money(self.trial_amount, self.currency), interval)

    def terms(self, *, with_trial: bool) -> Terms | None:
        """What is agreed at the provider; None for a plan that is paid once."""
        if self.interval is None:
            return None
        regular = Term(self.price, self.interval)
        return Terms(regular=regular, trial=self.trial if with_trial else None)
