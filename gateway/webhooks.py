"""Messages from payment providers: kept exactly as they came, and acknowledged only once kept.

Who sent a message is found out by billing, which asks the provider; nothing here believes it. The
answer to anything but "kept" is 503, so that the provider sends it again.
"""

import base64

from flask import Blueprint, Response, g, request

from chassis.errors import Failure
from chassis.ids import new_id
from chassis.logs import log
from gateway.access import visitor
from gateway.asking import gateway

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@webhooks.post("/paypal/ipn")
def paypal_ipn() -> Response:
    """PayPal's Instant Payment Notification; PayPal repeats it until it is answered with 200."""
    raw = request.get_data(cache=True)
    message_id = new_id()
    try:
        gateway().bus.begin(
            "billing",
            "receive_ipn",
            caller=visitor(),
            call_id=message_id,
            message_id=message_id,
            raw=base64.b64encode(raw).decode(),
            content_type=request.headers.get("Content-Type", ""),
        ).result()
    except Failure as failure:
        log.warning("payment message not kept", reason=failure.code, request_id=g.request_id)
        return Response(status=503, headers={"Retry-After": "5"})
    return Response(status=200)
