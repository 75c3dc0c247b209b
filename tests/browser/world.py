"""What there is to see: people and events that fill every page, made on the real suite."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import Any

import requests
from playwright.sync_api import Browser

from chassis.errors import NotFound
from console.journey import Journey
from tests.browser.chromium import opened
from tests.browser.work import Work
from tests.processes import until
from tests.suite import Suite

State = Any  # playwright's storage state: the cookies of somebody who is logged in
POISONED = "notifications"


class World:
    """Members, newcomers, a buyer, and trouble enough to fill the operator's pages."""

    def __init__(self, suite: Suite, browser: Browser) -> None:
        self.suite = suite
        self._browser = browser
        self._states: dict[str, State] = {}
        self.jobs = Work(suite)
        self.member = self._visitor()
        self.newcomer = self._visitor()
        self.buyer = self._visitor()
        self.refunded = self._visitor()

    def populate(self) -> "World":
        self.member.an_affiliate_has_a_link()
        for each in (self.newcomer, self.buyer, self.refunded):
            each.referral_link = self.member.referral_link
        with ThreadPoolExecutor(4) as people:
            for done in (
                people.submit(self._play, self.member, "gets_the_receipt"),
                people.submit(self._play, self.refunded, "finds_the_invoice"),
                people.submit(self._play, self.newcomer, "logs_in"),
                people.submit(self._play, self.buyer, "logs_in"),
            ):
                done.result()
        self._ask_for_trouble()
        return self

    def state_of(self, reader: str) -> State:
        """The cookies of one of the people here, or of the operator; none for a visitor."""
        if reader == "visitor":
            return None
        if reader not in self._states:
            self._states[reader] = self._logged_in(*self._credentials(reader))
        return self._states[reader]

    def cookies_of(self, reader: str) -> requests.Session:
        """A program with the cookies of one of the people here."""
        asking = requests.Session()
        for cookie in (self.state_of(reader) or {"cookies": []})["cookies"]:
            asking.cookies.set(cookie["name"], cookie["value"])
        return asking

    def account_of(self, reader: str) -> str:
        """The account of one of the people here."""
        login, password = self._credentials(reader)
        url = f"{self.suite.site}/api/v1/sessions"
        answer = requests.post(url, json={"login": login, "password": password}, timeout=10)
        return str(answer.json()["session"]["account_id"])

    @cached_property
    def plan(self) -> str:
        """The id of the first plan on sale."""
        return str(self.suite.rows("billing", "SELECT plan_id FROM plan ORDER BY plan_id")[0][0])

    @cached_property
    def open_invoice(self) -> str:
        """An order of the buyer's that was never paid."""
        self.buyer.picks_a_plan()
        return self.buyer.member.form("/cgi-bin/webscr").fields["invoice"]

    @cached_property
    def confirmation(self) -> str:
        """The path of a link to confirm an address, not used yet."""
        late = self._visitor()
        late.referral_link = self.member.referral_link
        self._play(late, "signs_up")
        link = next(link for link in late.mail("confirm")["links"] if "/confirm" in link)
        return str(link).removeprefix(self.suite.site)

    @cached_property
    def letter(self) -> str:
        """The id of the member's receipt in the sandbox's mailbox."""
        return str(self.member.mail("receipt")["id"])

    def delivery(self, state: str, rule: str = "receipt") -> str:
        """The id of a delivery of this rule in this state, once there is one."""

        def found() -> list[str]:
            page = self.suite.ask("notifications", "deliveries", state=state, limit=100)
            return [str(each["delivery_id"]) for each in page["items"] if each["rule"] == rule]

        return str(until(found, 20, f"a {state} {rule}")[0])

    def payment_message(self, state: str) -> str:
        """The id of a message of the payment provider in this state, once there is one."""

        def found() -> Any:
            return self.suite.ask("billing", "payments_inbox", state=state, limit=1)["items"]

        return str(until(found, 20, f"a message that is {state}")[0]["message_id"])

    def with_a_dead_letter(self) -> None:
        """A message that no service sent lies among the dead letters."""
        self.without_dead_letters()
        url = f"{self.suite.broker.api_url}/api/exchanges/%2F/amq.default/publish"
        properties = {
            "type": "billing.invoice_paid",
            "message_id": str(uuid.uuid4()),
            "headers": {"request_id": "made by hand"},
        }
        told = {
            "properties": properties,
            "routing_key": f"{POISONED}.inbox",
            "payload": json.dumps({"invoice_id": "no such thing"}),
            "payload_encoding": "string",
        }
        assert requests.post(url, json=told, timeout=10).json()["routed"]
        until(self._dead_letters, 20, "the letter is dead")

    def without_dead_letters(self) -> None:
        for letter in self._dead_letters():
            with suppress(NotFound):
                self.suite.ask(POISONED, "drop_dead_letter", message_id=letter["message_id"])

    def _dead_letters(self) -> list[dict[str, Any]]:
        return list(self.suite.ask(POISONED, "dead_letters")["items"])

    def _visitor(self) -> Journey:
        return Journey(site=self.suite.site, sandbox=self.suite.sandbox)

    @staticmethod
    def _play(journey: Journey, last: str) -> None:
        """The steps after the affiliate's link, as far as the one of this name."""
        for step in journey.steps()[1:]:
            step()
            if step.__name__ == last:
                return

    def _ask_for_trouble(self) -> None:
        """A refund, a forged message, one that fits no invoice, a refused mail, a hopeless job."""
        sandbox = self.suite.sandbox
        bought = {"invoice": self.refunded.invoice_id}
        paid = requests.get(f"{sandbox}/_sim/payments", params=bought, timeout=10).json()["items"]
        refund = f"{sandbox}/_sim/payments/{paid[0]['txn_id']}/refund"
        assert requests.post(refund, json={}, timeout=10).ok
        self._buy_with_fault("forged")
        self._buy_with_fault("changed_amount")
        self.suite.fault("smtp_550", match={"recipient": "nobody@example.com"})
        typed = {"email": "nobody@example.com", "password": self.newcomer.password}
        stranger = self._visitor().member
        stranger.visit("/sign-up")
        stranger.submit("/sign-up", name="Nobody", **typed)
        self.jobs.uid("dead")

    def _buy_with_fault(self, fault: str) -> None:
        """Somebody pays again, and the messages about it are not what they should be."""
        self.refunded.picks_a_plan()
        invoice = self.refunded.member.form("/cgi-bin/webscr").fields["invoice"]
        self.suite.fault(fault, times=2, match={"invoice": invoice})
        self.refunded.pays()

    def _credentials(self, reader: str) -> tuple[str, str]:
        if reader == "operator":
            return "demo", "demo"
        journey: Journey = getattr(self, reader)
        return journey.email, journey.password

    def _logged_in(self, login: str, password: str) -> State:
        context = opened(self._browser)
        site = self.suite.site
        answer = context.request.post(
            f"{site}/log-in",
            form={"login": login, "password": password},
            headers={"Origin": site, "Sec-Fetch-Site": "same-origin"},
        )
        assert answer.url.endswith("/dashboard"), answer.text()
        state = context.storage_state()
        context.close()
        return state
