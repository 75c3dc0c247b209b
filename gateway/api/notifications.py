"""What was mailed to whom, over the API."""

from typing import Any
from uuid import UUID

from gateway import access
from gateway.api.describing import Operations
from services.notifications import schemas

operations = Operations("notifications", "Deliveries of mail.")


@operations.on(
    "GET",
    "/deliveries",
    query=schemas.ListDeliveries(),
    gives=schemas.DeliveryPage(),
    who="operators",
)
def deliveries(query: dict[str, Any]) -> Any:
    """Deliveries, newest first."""
    return access.ask("notifications", "deliveries", **query)


@operations.on(
    "GET", "/deliveries/<uuid:delivery_id>", gives=schemas.DeliveryView(), who="operators"
)
def delivery(delivery_id: UUID) -> Any:
    """One delivery with what was written."""
    return access.ask("notifications", "delivery", delivery_id=delivery_id)


@operations.on("POST", "/deliveries/<uuid:delivery_id>/retries", who="operators", status=204)
def retry_delivery(delivery_id: UUID) -> Any:
    """Try a delivery that failed again."""
    access.ask("notifications", "retry_delivery", delivery_id=delivery_id)
