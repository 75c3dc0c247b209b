"""Catalog, customers, checkout and documents, on a real database."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from chassis.errors import Conflict, Invalid, NotFound, Unavailable
from chassis.ids import new_id
from services.billing import commands
from services.billing.domain.catalog import MAIN_SITE
from services.billing.models import Customer, Invoice, LedgerEntry, Plan, Product
from tests.billing import paypal
from tests.billing.story import CATALOG, Shop, described, eur

OTHER_SITE = new_id()


def versions(shop: Shop, code: str) -> list[tuple[int, int, bool]]:
    rows = select(Plan).where(Plan.code == code).order_by(Plan.version)
    return [(p.version, p.amount, p.retired_at is None) for p in shop.session.scalars(rows)]


def test_loading_the_catalog_again_changes_nothing(shop: Shop):
    assert shop.load() == {"added": 0, "retired": 0}
    assert shop.session.scalar(select(func.count()).select_from(Product)) == len(CATALOG)


def test_a_changed_plan_is_a_new_version(shop: Shop):
    changed = [described("basic", eur(1300)), *CATALOG[1:]]
    assert shop.load(changed) == {"added": 1, "retired": 1}
    assert versions(shop, "basic") == [(1, 1200, False), (2, 1300, True)]


def test_a_changed_product_is_a_new_version_of_it_and_its_plans(shop: Shop):
    changed = [{**CATALOG[0], "description": "More."}, *CATALOG[1:]]
    assert shop.load(changed) == {"added": 2, "retired": 2}
    assert shop.plan("basic").product.version == 2


def test_what_left_the_catalog_is_no_longer_offered_and_may_come_back(shop: Shop):
    assert shop.load(CATALOG[1:]) == {"added": 0, "retired": 2}
    assert shop.load() == {"added": 2, "retired": 0}
    assert versions(shop, "basic") == [(1, 1200, False), (2, 1200, True)]


@pytest.mark.parametrize("confirmed_first", [True, False])
def test_a_customer_is_known_in_any_order(shop: Shop, confirmed_first: bool):
    account_id = new_id()
    who = {"now": shop.now, "site_id": MAIN_SITE, "account_id": account_id}
    tellings = [
        lambda: commands.meet_customer(shop.session, **who, name="Bo", email="bo@example.com"),
        lambda: shop.meet(account_id, zone="Europe/Berlin"),
    ]
    for tell in reversed(tellings) if confirmed_first else tellings:
        tell()
    customer = shop.session.get_one(Customer, account_id)
    assert (customer.name, customer.time_zone) == ("Ann Lee", "Europe/Berlin")


def test_an_older_confirmation_changes_nothing(shop: Shop):
    shop.session.get_one(Customer, shop.ann).version = 5
    shop.session.flush()
    shop.meet(shop.ann, zone="Europe/Berlin")
    shop.session.expire_all()
    assert shop.session.get_one(Customer, shop.ann).time_zone == "UTC"


def test_a_zone_that_is_none_counts_in_utc(shop: Shop):
    strange = shop.meet(new_id(), zone="Mars/Olympus")
    assert shop.session.get_one(Customer, strange).time_zone == "UTC"


def test_a_checkout_issues_an_open_invoice(shop: Shop):
    order = shop.checkout()
    invoice = shop.invoice(order)
    assert (invoice.state, invoice.number, invoice.total) == ("open", None, eur(1200))
    assert [line.description for line in invoice.lines] == ["Basic"]
    assert shop.told() == ["billing.invoice_issued"]


def start(shop: Shop, **changes):
    asked = {"account_id": shop.ann, "invoice_id": new_id(), **changes}
    if "plan_id" not in asked:
        asked["plan_id"] = shop.plan("basic").plan_id
    return commands.start_checkout(shop.session, now=shop.now, **asked)


def test_repeating_a_checkout_gives_the_same_order(shop: Shop):
    order = shop.checkout()
    assert start(shop, invoice_id=order.invoice_id) == order
    assert len(shop.rows(Invoice)) == 1


def test_an_invoice_id_with_other_content_is_refused(shop: Shop):
    order = shop.checkout()
    with pytest.raises(Conflict, match="invoice_id_used"):
        start(shop, invoice_id=order.invoice_id, plan_id=shop.plan("pro").plan_id)
    with pytest.raises(Conflict, match="invoice_id_used"):
        start(shop, invoice_id=order.invoice_id, account_id=shop.meet(new_id()))


def test_a_paid_invoice_is_not_paid_again(shop: Shop):
    order = shop.subscribed()
    with pytest.raises(Conflict, match="invoice_already_paid"):
        start(shop, invoice_id=order.invoice_id)


def test_a_second_live_subscription_to_a_plan_is_refused_in_any_version(shop: Shop):
    shop.subscribed()
    shop.load([described("basic", eur(1300)), *CATALOG[1:]])
    with pytest.raises(Conflict, match="already_subscribed"):
        shop.checkout()


def test_after_cancelling_one_may_subscribe_again(shop: Shop):
    shop.deliver(paypal.cancel(shop.subscribed()))
    assert shop.checkout().total == eur(1200)


def test_a_plan_that_is_not_offered_is_not_sold(shop: Shop):
    plan_id = shop.plan("basic").plan_id
    shop.load(CATALOG[1:])
    with pytest.raises(Conflict, match="plan_not_offered"):
        start(shop, plan_id=plan_id)


def test_a_plan_of_another_site_is_not_there(shop: Shop):
    stranger = shop.meet(new_id(), site_id=OTHER_SITE)
    with pytest.raises(NotFound):
        start(shop, account_id=stranger)
    with pytest.raises(NotFound):
        start(shop, plan_id=new_id())


def test_a_customer_not_known_yet_is_asked_to_try_again(shop: Shop):
    with pytest.raises(Unavailable):
        start(shop, account_id=new_id())


def test_numbers_are_gapless_and_follow_the_order_of_payment(shop: Shop):
    orders = [shop.checkout(account_id=shop.meet(new_id())) for _ in range(3)]
    for count, order in enumerate(reversed(orders)):
        refused = paypal.payment(order, mc_gross="1.00", txn_id=f"R{count}", subscr_id=f"S{count}")
        shop.deliver(refused)
        shop.deliver(paypal.payment(order, txn_id=f"T{count}", subscr_id=f"S{count}"))
    assert [shop.invoice(order).series_count for order in orders] == [3, 2, 1]


def test_a_new_year_is_a_new_series(shop: Shop):
    shop.now = shop.now.replace(year=2027)
    assert shop.invoice(shop.subscribed()).number == "2027-00001"


PDF = b"%PDF-1.4 a document"


def store(shop: Shop, invoice_id, content: bytes = PDF) -> None:
    commands.store_invoice_document(
        shop.session, now=shop.now, invoice_id=invoice_id, content=content
    )


def test_a_document_is_stored_once_and_told_once(shop: Shop):
    order = shop.subscribed()
    store(shop, order.invoice_id)
    store(shop, order.invoice_id, PDF + b" drawn otherwise")
    assert shop.told().count("billing.invoice_document_ready") == 1


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-" + b"x" * 10 * 1024 * 1024])
def test_what_is_no_document_is_refused(shop: Shop, content: bytes):
    order = shop.subscribed()
    with pytest.raises(Invalid, match="not_a_document"):
        store(shop, order.invoice_id, content)


def test_only_final_invoices_have_documents(shop: Shop):
    with pytest.raises(Conflict, match="invoice_open"):
        store(shop, shop.checkout().invoice_id)
    with pytest.raises(NotFound):
        store(shop, new_id())


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE invoice SET number = NULL",
        "UPDATE invoice SET refunded_amount = amount + 1",
        "UPDATE invoice SET state = 'refunded'",
        "UPDATE invoice SET period_to = period_from",
        "UPDATE payment SET invoice_id = NULL",
        "UPDATE payment SET amount = 0",
        "UPDATE ledger_transfer SET amount = -amount",
        "UPDATE ledger_transfer SET debit = credit",
        "UPDATE ledger_transfer SET credit = 'pocket'",
        "UPDATE plan SET amount = 0",
        "UPDATE invoice_line SET amount = amount + 1",
    ],
)
def test_the_database_refuses_books_that_cannot_be(shop: Shop, wrong: str):
    shop.subscribed()
    with pytest.raises(IntegrityError):
        shop.session.execute(text(wrong))


def test_the_lines_of_every_invoice_add_up(shop: Shop):
    shop.subscribed()
    shop.checkout("handbook")
    for invoice in shop.rows(Invoice):
        assert sum(line.amount for line in invoice.lines) == invoice.amount


def test_every_entry_names_what_it_records(shop: Shop):
    shop.deliver(paypal.money_back(shop.subscribed()))
    assert sorted(each.kind for each in shop.rows(LedgerEntry)) == ["payment", "refund"]
