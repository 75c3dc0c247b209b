"""The bus side of the affiliates service."""

from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import Message, Service, command, handles, query
from chassis.context import Caller
from services.affiliates import commands, queries, schemas


class AffiliatesService(Service):
    """Who brought whom, and what they earn by it."""

    name = "affiliates"

    @command(schemas.RecordVisit, schemas.Recorded)
    def record_visit(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        site_id = caller.site()
        return commands.record_visit(session, now=clock.now(), site_id=site_id, **request)

    @command(schemas.Join, schemas.Joined)
    def join(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        site_id, account_id = caller.site(), caller.account()
        return commands.join(
            session, now=clock.now(), site_id=site_id, account_id=account_id, **request
        )

    @query(schemas.ShowAffiliate, schemas.AffiliateView)
    def affiliate(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        site_id, account_id = caller.site(), caller.account()
        return queries.affiliate(session, site_id=site_id, account_id=account_id)

    @query(schemas.ListCommissions, schemas.CommissionPage)
    def commissions(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.commissions(session, account_id=caller.account(), **request)

    @handles("auth.user_signed_up", schemas.UserSignedUp)
    def on_user_signed_up(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.remember_sign_up(
            session,
            now=clock.now(),
            signed_up_at=message.occurred_at,
            site_id=message.site_id,
            **event,
        )

    @handles("billing.invoice_paid", schemas.InvoicePaid)
    def on_invoice_paid(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.remember_payment(session, now=clock.now(), **event)

    @handles("billing.payment_refunded", schemas.MoneyMoved)
    def on_payment_refunded(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        commands.remember_refund(session, now=clock.now(), **event)

    @handles("billing.payment_restored", schemas.MoneyMoved)
    def on_payment_restored(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        amount = event.pop("amount")
        commands.remember_refund(session, now=clock.now(), amount=-amount, **event)
