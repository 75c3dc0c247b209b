import pytest

from chassis.logs import redact


@pytest.mark.parametrize(
    ("entry", "hidden"),
    [
        ({"password": "correct horse"}, "correct horse"),
        ({"token": "abc"}, "abc"),
        ({"event": "mail to ann.lee+x@shop.example failed"}, "ann.lee"),
        ({"url": "amqp://billing:s3cret@broker:5672"}, "s3cret"),
        ({"request": {"new_password": "hunter2"}}, "hunter2"),
        ({"reason": ["to bob@example.com"]}, "bob@"),
        ({"event": "context 0123456789012345678901234567890123456789abcdef refused"}, "0123456789"),
    ],
)
def test_secrets_tokens_and_addresses_never_reach_a_log(entry, hidden):
    assert hidden not in str(redact(None, "info", dict(entry)))


def test_what_an_operator_needs_stays():
    entry = {"event": "event failed", "request_id": "018f0000-0000-7000-8000-000000000001"}

    assert redact(None, "info", dict(entry)) == entry
