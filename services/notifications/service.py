"""The bus side of the notifications service, and the sender of what is due."""

import random
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import Message, Service, command, every, handles, query
from chassis.context import Caller
from services.notifications import commands, queries, schemas
from services.notifications.adapters.courier import Courier
from services.notifications.adapters.neighbours import Neighbours
from services.notifications.adapters.smtp import Smtp
from services.notifications.domain.delivering import Claimed, Ending
from services.notifications.domain.letters import Shop

OPERATORS = {"operator"}
# A run ends after so long, so that a process that shall stop is not kept by a long queue.
RUN_SECONDS = 5.0


class NotificationsService(Service):
    """What is mailed to whom, once."""

    name = "notifications"

    @query(schemas.ListDeliveries, schemas.DeliveryPage, roles=OPERATORS)
    def deliveries(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.deliveries(session, site_id=caller.site(), **request)

    @query(schemas.WhichDelivery, schemas.DeliveryView, roles=OPERATORS)
    def delivery(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.delivery(session, site_id=caller.site(), shop=self._shop, **request)

    @query(schemas.MailOverview, schemas.Counts, roles=OPERATORS)
    def mail_overview(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.mail_overview(session, site_id=caller.site())

    @command(schemas.WhichDelivery, schemas.DeliveryLine, roles=OPERATORS)
    def retry_delivery(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return commands.retry_delivery(session, site_id=caller.site(), **request)

    @handles("auth.user_signed_up", schemas.UserSignedUp)
    def on_user_signed_up(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.remember_recipient(session, site_id=message.site_id, **event)

    @handles("auth.user_confirmed", schemas.UserConfirmed)
    def on_user_confirmed(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.remember_recipient(session, site_id=message.site_id, **event)
        self._mail_user(session, message, event)

    @handles("auth.user_changed", schemas.UserConfirmed)
    def on_user_changed(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.remember_recipient(session, site_id=message.site_id, **event)

    @handles("auth.confirmation_requested", schemas.ConfirmationRequested)
    def on_confirmation_requested(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail_user(session, message, event)

    @handles("auth.sign_up_repeated", schemas.SignUpRepeated)
    def on_sign_up_repeated(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail_user(session, message, event)

    @handles("auth.password_reset_requested", schemas.PasswordResetRequested)
    def on_password_reset_requested(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail_user(session, message, event)

    @handles("auth.password_changed", schemas.PasswordChanged)
    def on_password_changed(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail_user(session, message, event)

    @handles("billing.invoice_paid", schemas.InvoicePaid)
    def on_invoice_paid(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        self._mail(
            session,
            message,
            event,
            email=event["customer_email"],
            name=event["customer_name"],
            time_zone=event["time_zone"],
        )

    @handles("billing.invoice_document_ready", schemas.InvoiceDocumentReady)
    def on_invoice_document_ready(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        commands.wake_for_document(session, **event)

    @handles("billing.subscription_cancelled", schemas.SubscriptionCancelled)
    def on_subscription_cancelled(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail(session, message, event)

    @handles("billing.payment_refunded", schemas.PaymentRefunded)
    def on_payment_refunded(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail(session, message, event)

    @handles("affiliates.commission_earned", schemas.CommissionEarned)
    def on_commission_earned(
        self, session: Session, message: Message, event: dict[str, Any]
    ) -> None:
        self._mail(session, message, event)

    @every(1.0)
    def send_due(self) -> None:
        """Send what is due, one after the other, until nothing is or the mail server is away."""
        self.db.transact(commands.take_up_again)
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            claimed = self.db.transact(commands.claim_next)
            if claimed is None or self._send(claimed) is Ending.SERVER_AWAY:
                return

    def _send(self, claimed: Claimed) -> Ending:
        caller = Caller(
            principal=self.name,
            request_id=claimed.request_id,
            site_id=claimed.site_id,
            account_id=claimed.account_id,
        )
        outcome = self._courier.deliver(claimed, caller, now=clock.now())
        self.db.transact_as(
            {"caller": caller},
            lambda session: commands.record(
                session,
                claimed=claimed,
                outcome=outcome,
                now=clock.now(),
                real_now=datetime.now(UTC),
                chance=random.random(),
            ),
        )
        return outcome.ending

    def _mail_user(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        zone = event.get("time_zone")
        self._mail(
            session, message, event, email=event["email"], name=event["name"], time_zone=zone
        )

    def _mail(
        self, session: Session, message: Message, event: dict[str, Any], **addressee: str | None
    ) -> None:
        domain = self.settings.sender.domain
        commands.plan_mails(
            session, now=clock.now(), message=message, mail_domain=domain, event=event, **addressee
        )

    @property
    def _shop(self) -> Shop:
        return Shop(self.settings.sender.brand, self.settings.public_url)

    @property
    def _courier(self) -> Courier:
        smtp = Smtp(self.settings.smtp_url)
        return Courier(self.settings.sender, self._shop, smtp, Neighbours(self.call))
