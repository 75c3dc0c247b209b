import pytest
from marshmallow import fields

from chassis.errors import Conflict, Invalid, Unavailable, failure_from_json
from chassis.money import Money
from chassis.shapes import Amount, Heard, Id, Instant, Shape, load


class Line(Shape):
    price = Amount(required=True)


class Order(Shape):
    order_id = Id(required=True)
    at = Instant(required=True)
    lines = fields.List(fields.Nested(Line), required=True)


class PartOfOrder(Heard):
    at = Instant(required=True)


GOOD = {
    "order_id": "018f0000-0000-7000-8000-000000000001",
    "at": "2026-01-02T03:04:05+02:00",
    "lines": [{"price": {"amount": 5, "currency": "EUR"}}],
}


def test_a_shape_reads_and_writes_the_wire_form():
    order = load(Order(), GOOD)

    assert order["lines"][0]["price"] == Money(5, "EUR")
    assert Order().dump(order)["at"] == "2026-01-02T01:04:05Z"


def test_every_wrong_field_is_named_by_its_json_pointer():
    wrong = {
        "order_id": "x",
        "at": "2026-01-02T03:04:05",
        "lines": [{"price": {"amount": 5}}],
        "a/b": 1,
    }

    with pytest.raises(Invalid) as refused:
        load(Order(), wrong)

    assert set(refused.value.fields) == {"/order_id", "/at", "/lines/0/price", "/a~1b"}


def test_a_heard_event_may_have_more_than_is_read():
    assert set(load(PartOfOrder(), GOOD)) == {"at"}


def test_a_failure_is_rebuilt_at_the_caller():
    told = Conflict("taken", "It is taken.", {"/name": ["is taken"]})

    rebuilt = failure_from_json(told.as_json())

    assert type(rebuilt) is Conflict
    assert (rebuilt.code, rebuilt.message, rebuilt.fields) == (told.code, told.message, told.fields)


def test_a_failure_of_an_unknown_kind_reads_as_unavailable():
    assert type(failure_from_json({"kind": "odd"})) is Unavailable
