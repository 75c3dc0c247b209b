"""The catalog file: TOML, read and checked as a whole."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from chassis.errors import Invalid
from chassis.money import Money
from chassis.shapes import load
from services.billing.domain.catalog import Interval, Term, Unit


class _Price(fields.Field[Money]):
    """ "12.00 EUR"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Money:
        try:
            amount, currency = value.split()
            return Money.parse(amount, currency)
        except (AttributeError, ValueError) as error:
            raise ValidationError('Not a price: write it like "12.00 EUR".') from error


class _Length(fields.Field[Interval]):
    """ "1 month" or "30 days"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Interval:
        try:
            count, unit = value.split()
            return Interval(Unit(unit.removesuffix("s")), int(count))
        except (AttributeError, ValueError) as error:
            raise ValidationError('Not an interval: write it like "3 months".') from error


class _Trial(Schema):
    price = _Price(required=True)
    interval = _Length(required=True)


_CODE = validate.Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*$", error="Small letters, digits and hyphens.")


class _Described(Schema):
    code = fields.String(required=True, validate=_CODE)
    name = fields.String(required=True, validate=validate.Length(1, 80))
    description = fields.String(load_default="")
    features = fields.List(fields.String(), load_default=list)


class _Plan(_Described):
    price = _Price(required=True)
    interval = _Length(load_default=None)
    trial = fields.Nested(_Trial, load_default=None)


class _Product(_Described):
    plans = fields.List(fields.Nested(_Plan), required=True, validate=validate.Length(1))


class _Catalog(Schema):
    products = fields.List(fields.Nested(_Product), required=True)


def read_catalog(path: Path) -> list[dict[str, Any]]:
    """The products with their plans, in the file's order; raises Invalid with all that is wrong.

    A plan's price is Money, its interval an Interval or None, its trial a Term or None.
    """
    try:
        described = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid("catalog_unreadable", f"The catalog {path.name} is not TOML.") from error
    products: list[dict[str, Any]] = load(_Catalog(), described)["products"]
    plans = [plan for product in products for plan in product["plans"]]
    faults = {**_repeated("product", products), **_repeated("plan", plans)}
    for plan in plans:
        if plan["trial"]:
            plan["trial"] = Term(**plan["trial"])
            if plan["interval"] is None or plan["trial"].price.currency != plan["price"].currency:
                faults[f"/{plan['code']}/trial"] = ["Needs an interval and the price's currency."]
        if plan["price"].amount <= 0:
            faults[f"/{plan['code']}/price"] = ["Must be more than nothing."]
    if faults:
        raise Invalid("catalog_wrong", "The catalog cannot be sold as written.", faults)
    return products


def _repeated(noun: str, described: list[dict[str, Any]]) -> dict[str, list[str]]:
    codes = [each["code"] for each in described]
    return {
        f"/{code}/code": [f"More than one {noun} has this code."]
        for code in codes
        if codes.count(code) > 1
    }
