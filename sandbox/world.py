"""The whole sandbox put together, and how a request reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from sandbox.agenda import Agenda
from sandbox.clock import SandboxClock
from sandbox.faults import Faults
from sandbox.mailbox.shelf import Shelf
from sandbox.mailbox.smtp import MailServer, Postman
from sandbox.paypal.book import Book
from sandbox.paypal.cashier import Cashier
from sandbox.paypal.delivery import Delivery, Detour
from sandbox.paypal.herald import Herald
from sandbox.paypal.identifiers import account_id
from sandbox.paypal.messages import Merchant
from sandbox.paypal.postback import Postback
from sandbox.paypal.provider import PayPal
from sandbox.paypal.renewals import Renewals
from sandbox.settings import Settings

# Longer than any answer of ours takes; a shop that hangs is not waited for.
FINISHING_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class World:
    """Every part that pages and API reach. Parts share one clock, one agenda, one set of faults."""

    clock: SandboxClock
    agenda: Agenda
    faults: Faults
    delivery: Delivery
    herald: Herald
    postback: Postback
    paypal: PayPal
    shelf: Shelf
    mail_server: MailServer

    def start(self) -> None:
        self.agenda.start()
        self.mail_server.start()

    def stop(self) -> None:
        self.postback.stop()
        self.mail_server.stop()
        self.agenda.stop(FINISHING_SECONDS)


def build_world(settings: Settings) -> World:
    """Make and connect the parts; the mail server's socket is bound here already."""
    clock, faults, book = SandboxClock(), Faults(), Book()
    agenda = Agenda(clock)
    detour = Detour(settings.public_url, settings.site_url)
    delivery = Delivery(book, agenda, settings.notify_hosts, detour)
    herald = Herald(book, agenda, faults, delivery)
    cashier = Cashier(book, agenda, faults, herald)
    renewals = Renewals(book, agenda, faults, herald, cashier)
    email = settings.merchant_email
    merchant = Merchant(email, settings.merchant_id or account_id(email))
    shelf = Shelf()
    postman = Postman(shelf, faults, clock)
    return World(
        clock=clock,
        agenda=agenda,
        faults=faults,
        delivery=delivery,
        herald=herald,
        postback=Postback(book, faults),
        paypal=PayPal(book, clock, cashier, renewals, merchant),
        shelf=shelf,
        mail_server=MailServer(postman, settings.host, settings.smtp_port),
    )


def world() -> World:
    """The world that the current request's application serves."""
    return cast(World, current_app.extensions["sandbox"])
