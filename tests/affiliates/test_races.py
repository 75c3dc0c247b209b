"""The facts of one referral, heard at the same moment by several workers, with real commits."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, text

from chassis.database import Database
from chassis.ids import new_id
from chassis.money import Money
from services.affiliates import commands
from services.affiliates.models import Affiliate, CommissionEntry, Visit
from tests.affiliates.story import FIREFOX
from tests.doors import MAIN_SITE

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(affiliates_url: str) -> Iterator[Database]:
    database = Database(affiliates_url)
    yield database
    database.transact(lambda session: session.execute(text("DELETE FROM outbox")))
    database.close()


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[object]]]:
    with ThreadPoolExecutor(8) as pool:

        def run(*acts: Callable[[], object]) -> list[object]:
            return [each.result() for each in [pool.submit(act) for act in acts]]

        yield run


def joined(database: Database) -> Affiliate:
    return database.transact(
        commands.join, now=NOW, site_id=MAIN_SITE, account_id=new_id(), affiliate_id=new_id()
    )


def visited(database: Database, affiliate: Affiliate, visit_id: UUID) -> None:
    database.transact(
        commands.record_visit,
        now=NOW,
        site_id=MAIN_SITE,
        visit_id=visit_id,
        code=affiliate.code,
        landing_path="/",
        user_agent=FIREFOX,
        visitor_hash="abc",
    )


@pytest.mark.parametrize("round_", range(5))
def test_a01_a09_all_facts_at_once_and_twice_make_one_commission(
    database: Database, at_once: Callable[..., list[object]], round_: int
) -> None:
    affiliate, member, visit_id = joined(database), new_id(), new_id()
    payment_id, refund_id = new_id(), new_id()
    visited(database, affiliate, visit_id)
    acts = [
        lambda: database.transact(
            commands.remember_sign_up,
            now=NOW,
            signed_up_at=NOW,
            site_id=MAIN_SITE,
            account_id=member,
            email="m@example.org",
            visit_id=visit_id,
        ),
        lambda: database.transact(
            commands.remember_payment,
            now=NOW,
            payment_id=payment_id,
            account_id=member,
            amount=Money(1000, "EUR"),
            fee=None,
            paid_at=NOW,
        ),
        lambda: database.transact(
            commands.remember_refund,
            now=NOW,
            payment_id=payment_id,
            refund_id=refund_id,
            account_id=member,
            amount=Money(400, "EUR"),
        ),
    ]
    at_once(*acts, *acts)

    of_affiliate = CommissionEntry.affiliate_id == affiliate.affiliate_id
    amounts = database.read(
        lambda session: session.scalars(select(CommissionEntry.amount).where(of_affiliate)).all()
    )
    assert sum(amounts) == 120


def test_a14_reloads_at_the_same_moment_are_one_visit(
    database: Database, at_once: Callable[..., list[object]]
) -> None:
    affiliate = joined(database)
    at_once(*[lambda: visited(database, affiliate, new_id()) for _ in range(8)])
    of_affiliate = Visit.affiliate_id == affiliate.affiliate_id
    counted = database.read(
        lambda session: session.scalars(select(Visit.counted).where(of_affiliate)).all()
    )
    assert sorted(counted) == [False] * 7 + [True]


def test_joining_from_two_tabs_at_once_is_one_act(
    database: Database, at_once: Callable[..., list[object]]
) -> None:
    account = new_id()
    codes = at_once(
        *[
            lambda: (
                database.transact(
                    commands.join,
                    now=NOW,
                    site_id=MAIN_SITE,
                    account_id=account,
                    affiliate_id=new_id(),
                ).code
            )
            for _ in range(6)
        ]
    )
    assert len(set(codes)) == 1
