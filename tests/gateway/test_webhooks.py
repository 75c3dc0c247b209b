"""A payment provider's message is kept byte for byte, or not acknowledged."""

import base64

import pytest
from flask import Flask

from chassis.errors import Conflict, Denied, Failure, Invalid, NotFound, Unavailable
from gateway.aliases import MAIN_SITE
from tests.gateway.recording import RecordingBus

PATH = "/webhooks/paypal/ipn"
FORM = "application/x-www-form-urlencoded"
BODIES = (
    b"payment_status=Completed&txn_id=1&charset=windows-1252&item_name=Caf%E9",
    b"b=2&a=1&&a=+1+%2B&empty=&flag",
    b"raw=\xe9\xff\x00\r\n",
    b"%zz&=&==",
    b"",
)


def send(app: Flask, body: bytes, content_type: str = FORM, **headers: str) -> int:
    answer = app.test_client().post(PATH, data=body, content_type=content_type, headers=headers)
    assert answer.data == b""
    return answer.status_code


@pytest.mark.parametrize("body", BODIES)
def test_the_bytes_arrive_exactly_as_they_were_sent(
    app: Flask, bus: RecordingBus, body: bytes
) -> None:
    bus.answer("billing", "receive_ipn", {"message_id": "any"})
    assert send(app, body) == 200
    (asked,) = bus.calls("billing", "receive_ipn")
    assert base64.b64decode(asked.arguments["raw"]) == body
    assert asked.arguments["content_type"] == FORM


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_the_bytes_are_not_read_as_what_they_claim_to_be(
    app: Flask, bus: RecordingBus, content_type: str
) -> None:
    bus.answer("billing", "receive_ipn", {"message_id": "any"})
    assert send(app, BODIES[0], content_type=content_type) == 200
    (asked,) = bus.calls("billing", "receive_ipn")
    assert base64.b64decode(asked.arguments["raw"]) == BODIES[0]


@pytest.mark.parametrize("kind", [Invalid, Denied, NotFound, Conflict, Unavailable])
def test_what_is_not_kept_is_not_acknowledged(
    app: Flask, bus: RecordingBus, kind: type[Failure]
) -> None:
    bus.answer("billing", "receive_ipn", kind("no", "No."))
    assert send(app, BODIES[0]) == 503


def test_each_message_has_an_id_of_its_own_which_is_also_its_call_id(
    app: Flask, bus: RecordingBus
) -> None:
    bus.answer("billing", "receive_ipn", {"message_id": "any"})
    send(app, BODIES[0])
    send(app, BODIES[0])
    first, second = bus.calls("billing", "receive_ipn")
    assert first.arguments["message_id"] != second.arguments["message_id"]
    assert str(first.call_id) == first.arguments["message_id"]


def test_it_comes_from_nobody_in_particular(app: Flask, bus: RecordingBus) -> None:
    bus.answer("billing", "receive_ipn", {"message_id": "any"})
    send(app, BODIES[0], **{"Host": "10.0.0.7:8080", "Sec-Fetch-Site": "cross-site"})
    (asked,) = bus.calls("billing", "receive_ipn")
    assert (asked.caller.principal, asked.caller.user_id) == ("gateway", None)
    assert asked.caller.site_id == MAIN_SITE


def test_a_message_of_more_than_64_kb_is_refused(app: Flask, bus: RecordingBus) -> None:
    answer = app.test_client().post(PATH, data=b"x" * (64 * 1024 + 1), content_type=FORM)
    assert answer.status_code == 413
    assert not bus.asked


def test_only_posting_is_possible(app: Flask) -> None:
    answer = app.test_client().get(PATH)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
