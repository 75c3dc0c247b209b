"""`cmd=_notify-validate`: whether PayPal sent exactly these bytes."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sandbox.faults import Faults
from sandbox.paypal.book import Book, Message

COMMAND = b"cmd=_notify-validate"

_PAGE = "<!doctype html><title>PayPal</title><p>We are sorry, something went wrong.</p>"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: the status, the body and its type."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Postback:
    """Looks a body up among what was sent; stopping it ends the waits of its slow faults."""

    def __init__(self, book: Book, faults: Faults) -> None:
        self._book = book
        self._faults = faults
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def answer(self, body: bytes, user_agent: str) -> Answer:
        """The answer to a whole postback; `cmd` must be its first parameter."""
        if not user_agent.strip():
            return Answer(403, "A User-Agent header is required.")
        head, _, rest = body.partition(b"&")
        message = self._book.sent_as(rest) if head == COMMAND else None
        facts = dict(message.fields) if message else {}
        faulty = self._faulty(facts)
        if faulty is not None:
            self._note(message, f"{faulty.status}")
            return faulty
        invalid = self._faults.take("postback_invalid", facts)
        word = "VERIFIED" if message and message.genuine and not invalid else "INVALID"
        self._note(message, word)
        return Answer(200, word)

    def _faulty(self, facts: dict[str, str]) -> Answer | None:
        if self._faults.take("postback_error", facts):
            return Answer(500, "Internal Server Error")
        if self._faults.take("postback_html", facts):
            return Answer(200, _PAGE, "text/html; charset=utf-8")
        if slow := self._faults.take("postback_slow", facts):
            self._stopped.wait(slow.wait(5))
        if hanging := self._faults.take("postback_timeout", facts):
            self._stopped.wait(hanging.wait(35))
            return Answer(504, "Gateway Timeout")
        return None

    def _note(self, message: Message | None, word: str) -> None:
        if message is not None:
            with self._book.lock:
                message.answers.append(word)
