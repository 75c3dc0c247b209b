"""Billing's doors on the bus."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.bus import Service, command, every, handles, query
from chassis.context import Caller
from chassis.envelope import Message
from chassis.logs import log
from services.billing import commands, queries, schemas
from services.billing.adapters import buttons, catalog_file, ipn
from services.billing.adapters.verification import Verifier
from services.billing.domain.catalog import MAIN_SITE
from services.billing.domain.facts import Fact
from services.billing.domain.matching import Merchant
from services.billing.domain.verifying import Verdict
from services.billing.settings import Settings

OPERATOR = {"operator"}


class BillingService(Service):
    """Plans, checkouts, payments, invoices and memberships."""

    name = "billing"

    @query(schemas.Nothing, schemas.Pricing)
    def pricing(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.pricing(session, site_id=site_of(caller))

    @command(schemas.StartCheckout, schemas.Checkout)
    def start_checkout(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        account_id = caller.account()
        order = commands.start_checkout(session, now=clock.now(), account_id=account_id, **request)
        form = buttons.form(shop_of(self.settings), order)
        return {
            "invoice_id": order.invoice_id,
            "number": None,
            "amount": order.total,
            "form": form,
        }

    @query(schemas.WhichInvoice, schemas.CheckoutState)
    def checkout_state(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.checkout_state(session, account_id=caller.account(), **request)

    @query(schemas.Nothing, schemas.Membership)
    def membership(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.membership(session, now=clock.now(), account_id=caller.account())

    @query(schemas.ListInvoices, schemas.InvoicePage)
    def invoices(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.invoices(session, account_id=caller.account(), **request)

    @query(schemas.WhichInvoice, schemas.InvoiceDetail)
    def invoice(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.invoice(session, owner=owner_of(caller), site_id=site_of(caller), **request)

    @query(schemas.WhichInvoice, schemas.InvoiceDocument)
    def invoice_document(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.invoice_document(
            session, owner=owner_of(caller), site_id=site_of(caller), **request
        )

    @query(schemas.WhichInvoice, schemas.InvoicePrint, callers={"node"})
    def invoice_print(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        seller = {
            "name": self.settings.seller_name,
            "address": self.settings.seller_address,
            "email": self.settings.paypal_business,
        }
        return {**queries.invoice_print(session, **request), "seller": seller}

    @command(schemas.StoreInvoiceDocument, callers={"node"})
    def store_invoice_document(self, session: Any, caller: Caller, request: dict[str, Any]) -> None:
        commands.store_invoice_document(session, now=clock.now(), **request)

    @command(schemas.Nothing, schemas.CatalogLoaded, callers={"console"})
    def load_catalog(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        products = catalog_file.read_catalog(self.settings.catalog)
        return commands.load_catalog(
            session, now=clock.now(), site_id=site_of(caller), products=products
        )

    @command(schemas.ReceiveIpn, schemas.Received, callers={"gateway"})
    def receive_ipn(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        digest = ipn.digest(request["raw"])
        kept = commands.receive_ipn(
            session,
            now=clock.now(),
            due=real_now(),
            site_id=site_of(caller),
            digest=digest,
            **request,
        )
        return {"message_id": kept}

    @query(schemas.ListMessages, schemas.MessagePage, roles=OPERATOR)
    def payments_inbox(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.payments_inbox(session, site_id=site_of(caller), **request)

    @query(schemas.WhichMessage, schemas.MessageDetail, roles=OPERATOR)
    def payment_message(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.payment_message(session, site_id=site_of(caller), **request)

    @command(schemas.WhichMessage, schemas.MessageView, roles=OPERATOR)
    def replay_payment_message(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return commands.replay_payment_message(
            session, site_id=site_of(caller), due=real_now(), **request
        )

    @query(schemas.Nothing, schemas.Revenue, roles=OPERATOR)
    def revenue(self, session: Any, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.revenue(session, now=clock.now(), site_id=site_of(caller))

    @handles("auth.user_signed_up", schemas.UserSignedUp)
    def on_user_signed_up(self, session: Any, message: Message, event: dict[str, Any]) -> None:
        site_id = message.site_id or MAIN_SITE
        commands.meet_customer(session, now=clock.now(), site_id=site_id, **event)

    @handles("auth.user_confirmed", schemas.UserConfirmed)
    def on_user_confirmed(self, session: Any, message: Message, event: dict[str, Any]) -> None:
        site_id = message.site_id or MAIN_SITE
        commands.confirm_customer(session, now=clock.now(), site_id=site_id, **event)

    @every(1.0)
    def verify_messages(self) -> None:
        """Ask PayPal about every message that is due; a slow or failing one holds up no other.

        What fails stays claimed for a minute and then comes again.
        """
        while claimed := self.db.transact(commands.claim_messages, real_now=real_now()):
            with ThreadPoolExecutor(len(claimed)) as workers:
                tries = {workers.submit(self._verify, each): each for each in claimed}
            for tried, each in tries.items():
                if error := tried.exception():
                    log.error("message failed", message=str(each.message_id), exc_info=error)

    def _verify(self, claimed: commands.Claimed) -> None:
        """Ask outside any transaction, then give the message its effect in one."""
        verdict = Verdict.VERIFIED
        if not claimed.verified:
            verdict = Verifier(self.settings.paypal_verify_url).verdict(claimed.raw)
        if verdict is Verdict.INVALID:
            self.db.transact(
                commands.refuse_message, message_id=claimed.message_id, now=clock.now()
            )
        elif verdict is Verdict.UNKNOWN:
            self.db.transact(commands.ask_again, message_id=claimed.message_id, real_now=real_now())
        else:
            self._apply(claimed, readable(claimed.raw))

    def _apply(self, claimed: commands.Claimed, fact: Fact | None) -> None:
        """A settled message is left alone, so a commit whose answer was lost may be repeated."""
        caller = Caller(
            principal=self.name,
            request_id=f"payment-message-{claimed.message_id}",
            site_id=claimed.site_id,
        )
        self.db.transact_as(
            {"caller": caller},
            lambda session: commands.apply_message(
                session,
                now=clock.now(),
                real_now=real_now(),
                message_id=claimed.message_id,
                fact=fact,
                merchant=merchant_of(self.settings),
            ),
        )


def real_now() -> datetime:
    """Retries are timed by the real clock, whatever the suite's business time is."""
    return datetime.now(UTC)


def readable(raw: bytes) -> Fact | None:
    try:
        return ipn.read(raw)
    except ipn.Unreadable:
        return None


def site_of(caller: Caller) -> UUID:
    return caller.site_id or MAIN_SITE


def owner_of(caller: Caller) -> UUID | None:
    """Whose things the caller may see; None for an operator, who sees the site's."""
    return None if "operator" in caller.roles else caller.account()


def merchant_of(settings: Settings) -> Merchant:
    return Merchant(
        receiver_id=settings.paypal_receiver_id,
        email=settings.paypal_business,
        is_sandbox=settings.is_sandbox,
    )


def shop_of(settings: Settings) -> buttons.Shop:
    return buttons.Shop(settings.paypal_url, settings.paypal_business, settings.public_url)
