"""One attempt at one delivery: fetch what it needs, write the mail, hand it over.

All of it stands outside any transaction, and all that can happen comes back as an outcome: a row
that cannot be mailed ends by itself and never holds up the next one (N14).
"""

from datetime import datetime

from chassis.context import Caller
from chassis.errors import Conflict, Failure, NotFound, Unavailable
from chassis.logs import log
from services.notifications import templates
from services.notifications.adapters.letter import Letter
from services.notifications.adapters.neighbours import Document, Neighbours
from services.notifications.adapters.smtp import Smtp
from services.notifications.domain.delivering import Claimed, Ending, Outcome
from services.notifications.domain.letters import HIDDEN, Secret, Shop, letter_values
from services.notifications.domain.rules import Needs, Rule, rule_named
from services.notifications.domain.wording import Sender, UnusableAddress
from services.notifications.schemas import facts_of
from services.notifications.templates import CannotRender


class Courier:
    """Delivers in one shop's name."""

    def __init__(self, sender: Sender, shop: Shop, smtp: Smtp, neighbours: Neighbours) -> None:
        self._sender = sender
        self._shop = shop
        self._smtp = smtp
        self._neighbours = neighbours

    def deliver(self, claimed: Claimed, caller: Caller, *, now: datetime) -> Outcome:
        """Try once and tell how it ended; `caller` is this service acting for the account."""
        try:
            letter = self._letter(claimed, caller, now)
            content = letter.content()
            return self._smtp.send(self._sender.address, letter.recipient, content)
        except (NotFound, Conflict) as missing:
            waits = rule_named(claimed.rule).needs is Needs.INVOICE_DOCUMENT
            return Outcome(Ending.NO_DOCUMENT if waits else Ending.NOTHING_TO_SEND, missing.message)
        except Unavailable as away:
            return Outcome(Ending.PUT_OFF, away.message)
        except Failure as refused:
            return Outcome(Ending.REFUSED, str(refused))
        except (CannotRender, UnusableAddress) as wrong:
            return Outcome(Ending.REFUSED, f"This mail cannot be written: {wrong}")
        except Exception as defect:  # noqa: BLE001 - one row's defect must not stop the others
            log.exception("delivery failed", delivery_id=str(claimed.delivery_id))
            return Outcome(Ending.REFUSED, f"A defect of ours: {type(defect).__name__}: {defect}")

    def _letter(self, claimed: Claimed, caller: Caller, now: datetime) -> Letter:
        rule = rule_named(claimed.rule)
        secret, document = self._fetched(rule, claimed, caller)
        values = letter_values(
            rule,
            self._shop,
            name=claimed.name,
            time_zone=claimed.time_zone,
            facts=facts_of(claimed.wire, claimed.facts),
            secret=secret,
        )
        return Letter(
            sender=self._sender,
            name=claimed.name,
            email=claimed.email,
            message_id=claimed.message_id,
            request_id=claimed.request_id,
            written_at=now,
            rendered=templates.render(rule.template, values),
            document=document,
        )

    def _fetched(
        self, rule: Rule, claimed: Claimed, caller: Caller
    ) -> tuple[Secret, Document | None]:
        """What is fetched for this attempt alone; raises the five failures."""
        match rule.needs:
            case Needs.SECRET:
                token_id = facts_of(claimed.wire, claimed.facts)["token_id"]
                return self._neighbours.mail_secret(caller, token_id), None
            case Needs.INVOICE_DOCUMENT:
                invoice_id = facts_of(claimed.wire, claimed.facts)["invoice_id"]
                return HIDDEN, self._neighbours.invoice_document(caller, invoice_id)
        return HIDDEN, None
