"""What a checkout asks the buyer to pay, whoever collects it."""

from dataclasses import dataclass
from uuid import UUID

from chassis.money import Money
from services.billing.domain.catalog import Terms


@dataclass(frozen=True, kw_only=True)
class Order:
    """An open invoice on its way to the provider. `terms` is None for a single payment."""

    invoice_id: UUID
    token: str
    name: str
    total: Money
    terms: Terms | None
