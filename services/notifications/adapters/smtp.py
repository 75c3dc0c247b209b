"""The mail server (RFC 5321), spoken to with smtplib."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from services.notifications.domain.delivering import Ending, Outcome

# scheme: whether TLS is there from the start, whether it is asked for, default port
_SCHEMES = {
    "smtp": (False, False, 25),
    "smtp+starttls": (False, True, 587),
    "smtps": (True, False, 465),
}
TIMEOUT = 10.0  # seconds for each answer
_ANSWER_LENGTH = 500


@dataclass(frozen=True)
class Server:
    """Where and how mail is handed over."""

    host: str
    port: int
    is_tls: bool = False
    starts_tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, text: str) -> Self:
        """Read smtp://user:password@host:port; raises ValueError with what is wrong."""
        parts = urlsplit(text)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError("must be smtp://host:port, smtp+starttls://… or smtps://…")
        is_tls, starts_tls, port = _SCHEMES[parts.scheme]
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            is_tls=is_tls,
            starts_tls=starts_tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class Refused(Exception):
    """The mail server said no; a code from 500 is for good."""

    def __init__(self, code: int, answer: bytes) -> None:
        said = " ".join(answer.decode("utf-8", "replace").split())[:_ANSWER_LENGTH]
        super().__init__(f"{code} {said}")
        self.code = code


class Smtp:
    """Hands over one mail at a time."""

    def __init__(self, server: Server, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._timeout = timeout

    def send(self, sender: str, recipient: str, content: bytes) -> Outcome:
        """Hand over a mail with CRLF line ends; whatever happens comes back as an outcome."""
        try:
            with self._connection() as smtp:
                return _hand_over(smtp, sender, recipient, content)
        except Refused as refused:
            ending = Ending.REFUSED if refused.code >= 500 else Ending.PUT_OFF
            return Outcome(ending, f"The mail server answered: {refused}")
        except (smtplib.SMTPException, OSError) as error:
            return Outcome(Ending.SERVER_AWAY, f"No way to the mail server: {_said(error)}")

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """Connected, encrypted and logged in; a refusal so far says nothing about the recipient."""
        server = self._server
        smtp = self._connect()
        try:
            if server.starts_tls:
                smtp.starttls(context=ssl.create_default_context())
            if server.username:
                smtp.login(server.username, server.password or "")
            smtp.ehlo_or_helo_if_needed()
            yield smtp
            # Whatever QUIT is answered with, the mail's fate is known by now.
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
        finally:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server, timeout = self._server, self._timeout
        # Our name is given, because smtplib would look it up in the DNS and wait for it.
        name = socket.gethostname()
        if not server.is_tls:
            return smtplib.SMTP(server.host, server.port, name, timeout)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, name, timeout=timeout, context=context)


def _hand_over(smtp: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> Outcome:
    _agreed(smtp.mail(sender))
    _agreed(smtp.rcpt(recipient))
    _agreed(smtp.docmd("DATA"))
    smtp.send(dot_stuffed(content) + b".\r\n")
    try:
        code, answer = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        # All of it is out and the answer is lost: nobody knows who has the mail now (N02).
        reason = f"The mail server took the mail and did not answer: {_said(error)}"
        return Outcome(Ending.IN_DOUBT, reason)
    if code != 250:
        raise Refused(code, answer)
    return Outcome(Ending.ACCEPTED)


def _agreed(answer: tuple[int, bytes]) -> None:
    code, said = answer
    if code >= 400:
        raise Refused(code, said)


def dot_stuffed(content: bytes) -> bytes:
    """Dots that begin a line are doubled, and the last line is ended (RFC 5321 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_ANSWER_LENGTH]
