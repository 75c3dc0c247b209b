"""How notifications is asked."""

from tests.contracts.asking import OPERATOR, Request, asks_for
from tests.contracts.samples import SAMPLES
from tests.doors import Doors


@asks_for("notifications.retry_delivery")
def retry_delivery(doors: Doors) -> Request:
    doors.hear(("auth.password_changed", SAMPLES["auth.password_changed"]))
    (planned,) = doors.ask("deliveries", OPERATOR)["items"]
    return Request(OPERATOR, {"delivery_id": planned["delivery_id"]})
