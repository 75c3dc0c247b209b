"""A member's journey from an affiliate's link to a receipt, played against a running suite.

`memberhall demo` plays it for people; the flow tests play it with obstacles in the way.
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from console.visitor import TIMEOUT, Disappointed, Visitor

T = TypeVar("T")

PATIENCE = 30.0  # seconds that anything offline may take


@dataclass
class Journey:
    """One new member, brought by the demo user's affiliate link; steps are played in order."""

    site: str
    sandbox: str
    email: str = field(default_factory=lambda: f"member-{secrets.token_hex(4)}@example.com")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    referral_link: str = ""
    invoice_id: str = ""
    commissions_before: int = 0

    def __post_init__(self) -> None:
        self.member = Visitor(self.site)
        self.affiliate = Visitor(self.site)

    def an_affiliate_has_a_link(self) -> str:
        """The demo user logs in, joins the affiliates if need be, and copies the link."""
        self.log_in(self.affiliate, "demo", "demo")
        page = self.affiliate.visit("/affiliate")
        if not _referral_links(page):
            page = self.affiliate.submit("/affiliate")
        self.referral_link = _first(_referral_links(page), "a referral link on /affiliate")
        self.commissions_before = len(self.commissions())
        return self.referral_link

    def a_visitor_arrives(self) -> str:
        """Through the affiliate's link."""
        self.member.visit(self.referral_link)
        return "a visit is recorded"

    def signs_up(self) -> str:
        self.member.visit("/sign-up")
        self.member.submit("/sign-up", name="Ann Lee", email=self.email, password=self.password)
        return self.email

    def confirms_by_mail(self) -> str:
        """Opens the link in the mail, which changes nothing, and presses the button."""
        mail = self.mail("confirm")
        link = _first([link for link in mail["links"] if "/confirm" in link], "a link to confirm")
        self.member.visit(link)
        self.member.submit("/confirm")
        return str(mail["subject"])

    def logs_in(self) -> str:
        self.log_in(self.member, self.email, self.password)
        return self.member.url

    def picks_a_plan(self) -> str:
        """Chooses the first plan of the pricing page and asks to pay for it."""
        page = self.member.visit("/pricing")
        plan = _first(re.findall(r'href="(/checkout/[0-9a-f-]{36})"', page), "a plan to choose")
        self.member.visit(plan)
        self.member.submit(plan)
        return str(plan)

    def pays(self) -> str:
        """Approves at the provider, which tells us in its own time."""
        form = self.member.form("/cgi-bin/webscr")
        self.invoice_id = form.fields["invoice"]
        bought = requests.post(f"{self.sandbox}/_sim/approve", json=form.fields, timeout=TIMEOUT)
        if bought.status_code != 201:
            raise Disappointed(f"The provider refused the button: {bought.text[:500]}")
        return str(bought.json()["txn_id"])

    def becomes_a_member(self) -> str:
        """Waits on the waiting page until the payment is known."""
        waiting = f"/checkout/{self.invoice_id}/waiting"
        until(lambda: "/dashboard" in self._after(waiting), "the membership")
        return self.member.url

    def finds_the_invoice(self) -> str:
        """Paid, numbered, and to be had as PDF."""
        path = f"/invoices/{self.invoice_id}.pdf"
        pdf = until(lambda: self._file(path), "the invoice as PDF")
        if not pdf.startswith(b"%PDF-"):
            raise Disappointed("The invoice is not a PDF.")
        return f"{len(pdf):,} bytes"

    def gets_the_receipt(self) -> str:
        """With the invoice attached."""
        mail = self.mail("receipt")
        attached = _first(mail["attachments"], "an attached invoice")
        if attached["content_type"] != "application/pdf":
            raise Disappointed(f"Attached is {attached['content_type']}, not a PDF.")
        return str(mail["subject"])

    def the_affiliate_earns(self) -> str:
        """Sees one more commission than before."""
        until(lambda: len(self.commissions()) > self.commissions_before, "the commission")
        amount = self.commissions()[0]["earned"]
        return f"{amount['amount'] / 100:.2f} {amount['currency']}"

    def steps(self) -> list[Callable[[], str]]:
        return [
            self.an_affiliate_has_a_link,
            self.a_visitor_arrives,
            self.signs_up,
            self.confirms_by_mail,
            self.logs_in,
            self.picks_a_plan,
            self.pays,
            self.becomes_a_member,
            self.finds_the_invoice,
            self.gets_the_receipt,
            self.the_affiliate_earns,
        ]

    def log_in(self, visitor: Visitor, login: str, password: str) -> None:
        visitor.visit("/log-in")
        visitor.submit("/log-in", login=login, password=password)
        if "/log-in" in visitor.url:
            raise Disappointed(f"{login} cannot log in.")

    def mails(self, wait: float = 0.0) -> list[dict[str, Any]]:
        """The new member's mails, newest first."""
        query: dict[str, str | float] = {"to": self.email, "wait": wait}
        answer = requests.get(f"{self.sandbox}/mailbox.json", params=query, timeout=TIMEOUT + wait)
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def mail(self, about: str) -> dict[str, Any]:
        """The newest mail whose subject has the word; waits for it."""

        def found() -> list[dict[str, Any]]:
            return [mail for mail in self.mails() if about in mail["subject"].lower()]

        return dict(until(found, f"a mail about {about!r}")[0])

    def commissions(self) -> list[dict[str, Any]]:
        """What the affiliate earned, newest first, through the API."""
        answer = requests.get(
            f"{self.site}/api/v1/affiliate/commissions",
            headers={"Authorization": f"Bearer {self.api_token('demo', 'demo')}"},
            params={"limit": "100"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def api_token(self, login: str, password: str) -> str:
        answer = requests.post(
            f"{self.site}/api/v1/sessions",
            json={"login": login, "password": password},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return str(answer.json()["token"])

    def _after(self, waiting: str) -> str:
        self.member.visit(waiting)
        return self.member.url

    def _file(self, path: str) -> bytes:
        try:
            return self.member.fetch(path).content
        except Disappointed:
            return b""


def until(answer: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask until the answer is something; raises Disappointed when patience ends."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = answer()
        if found:
            return found
        time.sleep(0.2)
    raise Disappointed(f"{what} did not come within {patience:.0f} s.")


def _referral_links(page: str) -> list[str]:
    return re.findall(r"https?://[^\s\"'<]+\?ref=[\w-]+", page)


def _first(found: list[T], what: str) -> T:
    if not found:
        raise Disappointed(f"There was not {what}.")
    return found[0]
