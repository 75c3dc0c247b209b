"""A real SMTP server in this process, which can be told to refuse, put off, or hang up."""

import socket
import threading
from asyncio import WriteTransport
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass(frozen=True)
class Received:
    """One mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


class PostOffice:
    """Keeps what it accepts in `received`. `answers` maps a command (MAIL, RCPT, DATA) to what is
    said instead of yes; `hang_up_after` says after which command the line goes dead.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: dict[str, str] = {}
        self.hang_up_after: str | None = None
        self.on_data: Callable[[], Any] = lambda: None
        self._controller: Controller | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def only(self) -> Received:
        """The one mail there is; a method, because aiosmtpd reads every attribute of a handler."""
        (received,) = self.received
        return received

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._said(server, "MAIL")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._said(server, "RCPT", address)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.on_data()
        if "DATA" not in self.answers:
            self.received.append(
                Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
            )
        return self._said(server, "DATA")

    def _said(self, server: SMTP, command: str, address: str = "") -> str:
        if self.hang_up_after == command:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return self.answers.get(address) or self.answers.get(command, "250 OK")


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, loop=self.loop, hostname="post.example")


class Listener:
    """A socket that accepts and then behaves as `talk` says; for servers that are no good."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._talk = talk
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._thread.join(5)

    def _run(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        with connection:
            self._talk(connection)
