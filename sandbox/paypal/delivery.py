"""Delivering messages: PayPal's timeouts and its doubling gaps, on the sandbox's clock.

Source: PayPal's IPN guide and help article TS1063: 20 s for the first answer, 30 s for later ones;
10 s, 20 s, 40 s … between tries, at most 24 h, given up after 4 days. Only a 200 counts.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from sandbox.agenda import Agenda
from sandbox.paypal.book import Attempt, Book, Message

log = logging.getLogger(__name__)

FIRST_TIMEOUT = 20.0
LATER_TIMEOUT = 30.0
GIVEN_UP_AFTER = timedelta(days=4)
USER_AGENT = "PayPal IPN ( https://www.paypal.com/ipn )"


def gap_after(tries: int) -> timedelta:
    """How long PayPal waits after the given number of failed tries (1, 2, 3 …)."""
    # Past 2**14 the cap holds anyway; the bound keeps the number small.
    return min(timedelta(seconds=10 * 2 ** min(tries - 1, 14)), timedelta(hours=24))


def is_allowed(address: str, hosts: frozenset[str]) -> bool:
    """Whether the sandbox may call `address`: this machine, or a host that the settings name."""
    host = (urlsplit(address).hostname or "").lower()
    if host == "localhost" or host in hosts:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Detour:
    """How the sandbox reaches a site whose public URL leads elsewhere from where the sandbox runs.

    In a network of containers "http://localhost:8080" is the container itself, so what is addressed
    to the site's `public_url` is sent to its `site_url`. Without the two every way is direct.
    """

    public_url: str = ""
    site_url: str = ""

    def covers(self, address: str) -> bool:
        return bool(self.site_url) and address.startswith(f"{self.public_url}/")

    def way_to(self, address: str) -> str:
        return self.site_url + address[len(self.public_url) :] if self.covers(address) else address


class Delivery:
    """Sends messages from the agenda's threads and writes down what came of each try."""

    def __init__(self, book: Book, agenda: Agenda, hosts: frozenset[str], detour: Detour) -> None:
        self._book = book
        self._agenda = agenda
        self._hosts = hosts
        self._detour = detour

    def may_call(self, address: str) -> bool:
        return self._detour.covers(address) or is_allowed(address, self._hosts)

    def plan(self, message: Message, at: datetime, *, resend: bool = False, lane: str = "") -> None:
        """Send `message` at `at`; without an address it stays in the book, disabled."""
        if not self.may_call(message.notify_url):
            message.state = "disabled"
            return
        message.next_attempt_at = at
        self._agenda.add(
            at, lane or message.lane, lambda due: self._try(message, due, resend=resend)
        )

    def _try(self, message: Message, due: datetime, *, resend: bool) -> None:
        with self._book.lock:
            body = message.bodies()[resend]
            timeout = LATER_TIMEOUT if message.attempts else FIRST_TIMEOUT
            self._book.went_out(message, body)
        attempt = self._post(message, body, due, timeout=timeout, resend=resend)
        with self._book.lock:
            message.attempts.append(attempt)
            message.next_attempt_at = None
            if attempt.status == 200:
                message.state = "sent"
            elif message.state != "sent":
                self._try_later(message, due, resend=resend)

    def _post(
        self, message: Message, body: bytes, due: datetime, *, timeout: float, resend: bool
    ) -> Attempt:
        began = time.monotonic()
        status, error = None, ""
        try:
            status = self._answer_to(message, body, timeout)
        except requests.RequestException as fault:
            error = f"{type(fault).__name__}: {fault}"
        took = int((time.monotonic() - began) * 1000)
        log.info("IPN %s to %s: %s", message.id, message.notify_url, status or error)
        return Attempt(due, resend, status, error, took)

    def _answer_to(self, message: Message, body: bytes, timeout: float) -> int:
        with requests.Session() as session:
            # Neither a proxy nor a .netrc of this machine has a say in local traffic.
            session.trust_env = False
            with session.post(
                self._detour.way_to(message.notify_url),
                data=body,
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "User-Agent": USER_AGENT,
                },
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code

    def _try_later(self, message: Message, due: datetime, *, resend: bool) -> None:
        failed = [attempt for attempt in message.attempts if attempt.status != 200]
        again = due + gap_after(len(failed))
        if again > failed[0].at + GIVEN_UP_AFTER:
            message.state = "failed"
            return
        message.state = "retrying"
        self.plan(message, again, resend=resend)
