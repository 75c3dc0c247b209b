"""What happens to a delivery whose handler failed: a later try, or the dead letters."""

from datetime import UTC, datetime
from typing import Any

from chassis import metrics
from chassis.bus.runtime import Runtime
from chassis.errors import Denied, Invalid
from chassis.events import instant_text
from chassis.logs import log
from chassis.publisher import Outgoing
from chassis.wire import Delivery, headers_of

# What can never succeed later goes to the dead letters at once, where a person sees it.
HOPELESS = (Invalid, Denied, ValueError)


def put_off(runtime: Runtime, service: str, delivery: Delivery, error: BaseException) -> None:
    """Publish a delivery to the next retry queue or to the dead letters.

    Raises Unavailable when the broker did not confirm; the delivery must then stay unacknowledged.
    """
    attempt = int(headers_of(delivery).get("attempt", 0)) + 1
    key = next_step(attempt, runtime.settings.retry_delays, error)
    wire = str(delivery.properties.get("type"))
    log.warning("event failed", wire=wire, attempt=attempt, next=key, exc_info=error)
    runtime.publisher.publish([_again(service, key, delivery, attempt, error)])
    (metrics.dead_letters if key == "dead" else metrics.retries).labels(wire).inc()


def next_step(attempt: int, delays: tuple[int, ...], error: BaseException) -> str:
    """The routing key after the given failed attempt (1 is the first): "retry.<ms>" or "dead"."""
    if isinstance(error, HOPELESS) or attempt > len(delays):
        return "dead"
    return f"retry.{delays[attempt - 1]}"


def _again(
    service: str, key: str, delivery: Delivery, attempt: int, error: BaseException
) -> Outgoing:
    headers: dict[str, Any] = {
        name: value for name, value in headers_of(delivery).items() if name != "x-death"
    }
    now = instant_text(datetime.now(UTC))
    headers.setdefault("first_failed_at", now)
    headers.update(attempt=attempt, failed_at=now, error=f"{type(error).__name__}: {error}"[:2000])
    return Outgoing(
        exchange=f"memberhall.{service}",
        routing_key=key,
        message_id=str(delivery.properties.get("message_id")),
        type=str(delivery.properties.get("type")),
        headers=headers,
        body=bytes(delivery.body),
    )
