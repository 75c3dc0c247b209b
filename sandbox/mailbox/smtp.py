"""The mail server: takes everything in and sends nothing on."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.clock import SandboxClock
from sandbox.faults import Faults
from sandbox.mailbox.shelf import Shelf

log = logging.getLogger(__name__)

LARGEST = 25 * 1024 * 1024


class Postman:
    """Answers aiosmtpd's hooks, whose names (`handle_RCPT`, `handle_DATA`) are theirs."""

    def __init__(self, shelf: Shelf, faults: Faults, clock: SandboxClock) -> None:
        self._shelf = shelf
        self._faults = faults
        self._clock = clock

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        facts = {"recipient": address}
        if self._faults.take("smtp_450", facts):
            return "450 4.2.1 Mailbox busy, try again later (sandbox fault)"
        if self._faults.take("smtp_550", facts):
            return "550 5.1.1 No such mailbox (sandbox fault)"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        facts = {"recipient": envelope.rcpt_tos[0] if envelope.rcpt_tos else ""}
        lost = self._faults.take("smtp_lose", facts)
        if not lost:
            self._take_in(envelope)
        if lost or self._faults.take("smtp_drop", facts):
            _cut(server)
        return "250 OK: kept in the sandbox, delivered to nobody"

    def _take_in(self, envelope: Envelope) -> None:
        content = envelope.content or b""
        source = content if isinstance(content, bytes) else content.encode()
        recipients = tuple(envelope.rcpt_tos)
        sender = envelope.mail_from or ""
        letter = self._shelf.take_in(sender, recipients, source, self._clock.now())
        log.info("Mail %s of %d bytes taken in.", letter.id, len(source))


def _cut(server: SMTP) -> None:
    """End the connection at once, without a goodbye."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class MailServer(Controller):
    """aiosmtpd in its own thread, on a socket bound beforehand so that port 0 can be told."""

    def __init__(self, postman: Postman, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port))
        self.bound_port: int = self._socket.getsockname()[1]
        super().__init__(
            postman,
            hostname=host,
            port=self.bound_port,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            ident="Memberhall sandbox",
        )

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)
