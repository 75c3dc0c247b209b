"""PayPal's forms and messages, read and written. No database."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from chassis.money import Money
from services.billing.adapters import buttons, ipn
from services.billing.adapters.catalog_file import read_catalog
from services.billing.domain.catalog import Interval, Term, Terms, Unit
from services.billing.domain.facts import FactKind, Standing
from services.billing.domain.orders import Order
from services.billing.settings import CATALOG
from tests.billing import paypal

INVOICE = UUID("018f0000-0000-7000-8000-0000000000aa")
MONTHLY = Term(Money(1500, "EUR"), Interval(Unit.MONTH, 1))
TRIAL = Term(Money(0, "EUR"), Interval(Unit.DAY, 14))
SHOP = buttons.Shop("https://paypal.example/webscr", "shop@example.com", "https://club.example")


def order(terms: Terms | None = None, total: Money = MONTHLY.price) -> Order:
    return Order(invoice_id=INVOICE, token="tok", name="Gold", total=total, terms=terms)


ORDER = order(Terms(MONTHLY))


def test_a_subscribe_form_asks_for_what_is_sold():
    form = buttons.form(SHOP, ORDER)
    assert form["action"] == SHOP.paypal_url
    assert form["method"] == "post"
    assert form["fields"] == {
        "cmd": "_xclick-subscriptions",
        "src": "1",
        "sra": "1",
        "a3": "15.00",
        "p3": "1",
        "t3": "M",
        "business": "shop@example.com",
        "item_name": "Gold",
        "item_number": str(INVOICE),
        "invoice": str(INVOICE),
        "custom": "tok",
        "currency_code": "EUR",
        "no_shipping": "1",
        "no_note": "1",
        "charset": "UTF-8",
        "notify_url": "https://club.example/webhooks/paypal/ipn",
        "return": f"https://club.example/checkout/{INVOICE}/waiting",
        "rm": "1",
        "cancel_return": "https://club.example/pricing",
    }


def test_a_trial_goes_before_the_regular_price():
    fields = buttons.form(SHOP, order(Terms(MONTHLY, TRIAL)))["fields"]
    assert [fields[name] for name in ("a1", "p1", "t1")] == ["0.00", "14", "D"]


def test_a_single_payment_is_bought_now():
    fields = buttons.form(SHOP, order(total=Money(1200, "JPY")))["fields"]
    assert (fields["cmd"], fields["amount"], fields["currency_code"]) == ("_xclick", "1200", "JPY")
    assert "a3" not in fields
    assert "src" not in fields


def test_a_long_name_is_cut_to_what_paypal_takes():
    long = Order(invoice_id=INVOICE, token="t", name="x" * 200, total=MONTHLY.price, terms=None)
    assert len(buttons.form(SHOP, long)["fields"]["item_name"]) == 127


@pytest.mark.parametrize("text", ["1", "M", "1 X", "x M", "91 D", "1 M M", ""])
def test_an_interval_of_no_sense_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        buttons.interval_of(text)


def test_a_payment_is_read():
    fact = ipn.read(paypal.payment(ORDER))
    assert fact.kind is FactKind.SUBSCRIPTION_PAYMENT
    assert fact.standing is Standing.COMPLETED
    assert (fact.amount, fact.fee) == (Money(1500, "EUR"), Money(79, "EUR"))
    assert fact.occurred_at == datetime(2026, 1, 31, 11, 15, 5, tzinfo=UTC)
    assert (fact.invoice, fact.token) == (str(INVOICE), "tok")
    assert fact.is_test


def test_a_sign_up_is_read_with_its_terms():
    sold = Terms(MONTHLY, TRIAL)
    fact = ipn.read(paypal.sign_up(order(sold)))
    assert (fact.kind, fact.terms) == (FactKind.SUBSCRIPTION_SIGNED, sold)


def test_refunds_are_told_positive():
    fact = ipn.read(paypal.money_back(ORDER))
    assert (fact.kind, fact.parent) == (FactKind.REFUND, paypal.TXN)
    assert (fact.amount, fact.fee) == (Money(1500, "EUR"), Money(79, "EUR"))


def test_the_fact_not_the_message_is_the_key():
    first = ipn.read(paypal.payment(ORDER))
    again = ipn.read(paypal.payment(ORDER, resend="true", verify_sign="other"))
    pending = ipn.read(paypal.payment(ORDER, payment_status="Pending"))
    other = ipn.read(paypal.payment(ORDER, txn_id=paypal.TXN_2))
    assert first.key == again.key
    assert len({first.key, pending.key, other.key}) == 3


@pytest.mark.parametrize("charset", ["windows-1252", "utf-8", "iso-8859-15", "Shift_JIS"])
def test_fields_are_read_in_the_charset_they_name(charset: str):
    name = "テスト" if charset == "Shift_JIS" else "Zoë Müller"
    raw = paypal.body({"first_name": name, "charset": charset}, charset)
    assert ipn.read_fields(raw)["first_name"] == name


def test_without_a_charset_it_is_windows_1252():
    assert ipn.read_fields(b"first_name=%80uro") == {"first_name": "€uro"}


@pytest.mark.parametrize("charset", ["no-such", "rot13", "base64", "zlib", "idna\x00"])
def test_a_charset_that_is_none_is_unreadable(charset: str):
    with pytest.raises(ipn.Unreadable):
        ipn.read_fields(paypal.body({"a": "b", "charset": charset}))


def test_letters_that_the_charset_lacks_do_not_stop_the_money():
    assert ipn.read_fields(b"first_name=%81&charset=windows-1252")["first_name"]
    assert ipn.read_fields(b"first_name=%ff&charset=utf-8")["first_name"] == "\ufffd"


def test_blank_values_are_kept_and_names_are_case_sensitive():
    assert ipn.read_fields(b"a=&A=1") == {"a": "", "A": "1"}


@pytest.mark.parametrize("raw", [b"a=1&a=2", b"a=1&%61=2", b"\xff=1", b"a=1&" * 500])
def test_a_body_that_can_mean_two_things_is_unreadable(raw: bytes):
    with pytest.raises(ipn.Unreadable):
        ipn.read_fields(raw)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_crash_the_reader(raw: bytes):
    assert isinstance(ipn.legible(raw), list)
    paypal.fact(raw)


@given(st.dictionaries(
    st.sampled_from(["txn_type", "payment_status", "mc_gross", "mc_currency", "charset", "period3",
                     "mc_amount3", "payment_date", "subscr_date", "txn_id", "test_ipn"]),
    st.text(max_size=12) | st.sampled_from(["subscr_payment", "subscr_signup", "Completed", "EUR"]),
))  # fmt: skip
def test_no_fields_whatever_crash_the_reader(fields):
    paypal.fact(paypal.body(fields))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03:15:00 Jan 31, 2026 PST", datetime(2026, 1, 31, 11, 15, tzinfo=UTC)),
        ("03:15:00 Jul 31, 2026 PDT", datetime(2026, 7, 31, 10, 15, tzinfo=UTC)),
        ("23:59:59 Dec. 31, 2026 PST", datetime(2027, 1, 1, 7, 59, 59, tzinfo=UTC)),
        ("03:15:00 Mar 1, 2026 PST", datetime(2026, 3, 1, 11, 15, tzinfo=UTC)),
        ("N/A", None),
        ("", None),
    ],
)
def test_pacific_dates_are_read_by_hand(text: str, expected: datetime | None):
    assert ipn.moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T03:15:00Z",
        "03:15:00 Jän 31, 2026 PST",
        "03:15:00 Jan 31, 2026 UTC",
        "25:15:00 Jan 31, 2026 PST",
        "03:15:00 Feb 30, 2026 PST",
        "03:15:00 Xxx 30, 2026 PST",
    ],
)
def test_another_date_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        ipn.moment(text)


def test_a_person_sees_repeated_fields():
    assert [each["value"] for each in ipn.legible(b"mc_gross=1&mc_gross=2")] == ["1", "2"]
    assert ipn.legible(b"charset=no-such") == []


def test_the_catalog_that_ships_is_right():
    plans = {plan["code"]: plan for product in read_catalog(CATALOG) for plan in product["plans"]}
    assert plans["pro-monthly"]["price"] == Money(2900, "EUR")
    assert plans["basic-yearly"]["interval"] == Interval(Unit.YEAR, 1)
    assert plans["handbook"]["interval"] is None


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (("12.00 EUR", "12.00"), "/products/0/plans/0/price"),
        (("12.00 EUR", "12.001 EUR"), "/products/0/plans/0/price"),
        (("12.00 EUR", "0.00 EUR"), "/basic-monthly/price"),
        (("1 month", "1 moon"), "/products/0/plans/0/interval"),
        (("1 month", "0 months"), "/products/0/plans/0/interval"),
        (('"pro-monthly"', '"basic-monthly"'), "/basic-monthly/code"),
        (('"basic-monthly"', '"Basic monthly"'), "/products/0/plans/0/code"),
        (("[[products.plans]]", 'surprise = "1"\n[[products.plans]]'), "/products/0/surprise"),
    ],
)
def test_a_catalog_that_cannot_be_sold_says_where(tmp_path: Path, change, pointer: str):
    file = tmp_path / "catalog.toml"
    body = CATALOG.read_text("utf-8").split("\n\n", 1)[1]
    file.write_text(body.replace(*change, 1), "utf-8")
    with pytest.raises(Invalid) as refused:
        read_catalog(file)
    assert list(refused.value.fields) == [pointer]


def test_a_trial_needs_an_interval_and_the_same_currency(tmp_path: Path):
    file = tmp_path / "catalog.toml"
    trial = 'interval = "1 month"\ntrial = { price = "1.00 USD", interval = "7 days" }'
    file.write_text(CATALOG.read_text("utf-8").replace('interval = "1 month"', trial, 1), "utf-8")
    with pytest.raises(Invalid) as refused:
        read_catalog(file)
    assert list(refused.value.fields) == ["/basic-monthly/trial"]


@pytest.mark.parametrize("text", ["not = [toml", None])
def test_a_file_that_is_no_catalog_says_so(tmp_path: Path, text: str | None):
    file = tmp_path / "catalog.toml"
    if text:
        file.write_text(text)
    with pytest.raises(Invalid, match="catalog_unreadable"):
        read_catalog(file)
