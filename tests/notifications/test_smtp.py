"""Handing mail over to a real SMTP server, and to some that are no good."""

import re
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.notifications.adapters.letter import Letter
from services.notifications.adapters.neighbours import Document
from services.notifications.adapters.smtp import Server, Smtp, dot_stuffed
from services.notifications.domain.delivering import Ending
from services.notifications.domain.wording import read_sender
from services.notifications.templates import Rendered
from tests.notifications.post import Listener, PostOffice
from tests.notifications.test_domain import INJECTIONS

LETTER = Letter(
    sender=read_sender("Memberhall <no-reply@memberhall.example>"),
    name="Änn Lee",
    email="ann@example.org",
    message_id="<018f@memberhall.example>",
    request_id="request-1",
    written_at=datetime(2026, 3, 5, 13, 5, tzinfo=UTC),
    rendered=Rendered("Grüße & more", "Plain ü\n.hidden dot\n", "<p>Rich ü</p>\n"),
)


@pytest.fixture
def smtp(post: PostOffice) -> Smtp:
    return Smtp(Server.from_url(post.url), timeout=2)


def send(smtp: Smtp, letter: Letter = LETTER) -> Ending:
    outcome = smtp.send(letter.sender.address, letter.recipient, letter.content())
    return outcome.ending


def test_a_mail_arrives_as_it_was_written(smtp: Smtp, post: PostOffice) -> None:
    assert send(smtp) is Ending.ACCEPTED
    got = post.only()
    assert (got.sender, got.recipients) == ("no-reply@memberhall.example", ("ann@example.org",))
    assert got.message["Subject"] == "Grüße & more"
    assert got.message["To"].addresses[0].display_name == "Änn Lee"
    assert got.message["Message-ID"] == "<018f@memberhall.example>"
    assert got.message["X-Request-Id"] == "request-1"
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert got.message["Date"].datetime == LETTER.written_at
    assert got.body("plain") == "Plain ü\n.hidden dot\n"
    assert got.body("html") == "<p>Rich ü</p>\n"


def test_an_attachment_arrives_byte_for_byte(smtp: Smtp, post: PostOffice) -> None:
    raw = bytes(range(256)) * 50
    document = Document('in"voice\r\n.pdf', "application/pdf", raw)
    send(smtp, replace(LETTER, document=document))
    (attached,) = post.only().message.iter_attachments()
    assert attached.get_content() == raw
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == 'in"voice .pdf'


def test_n15_the_wire_has_crlf_only_and_short_lines(smtp: Smtp, post: PostOffice) -> None:
    rendered = Rendered("s" * 600, "x" * 20_000 + "\rbare\n.\n", "<p>" + "y" * 20_000 + "</p>")
    assert send(smtp, replace(LETTER, rendered=rendered)) is Ending.ACCEPTED
    raw = post.only().content
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_n15_lines_that_begin_with_a_dot_are_doubled_and_the_last_one_ends() -> None:
    assert dot_stuffed(b".a\r\n..\r\nb.\r\n") == b"..a\r\n...\r\nb.\r\n"
    assert dot_stuffed(b"a") == b"a\r\n"


@pytest.mark.parametrize("text", INJECTIONS)
def test_n14_no_text_adds_a_header_or_a_recipient(smtp: Smtp, post: PostOffice, text: str) -> None:
    letter = replace(
        LETTER,
        name=text,
        request_id=text,
        rendered=Rendered(text, text, text),
        sender=replace(LETTER.sender, brand=text),
    )
    assert send(smtp, letter) is Ending.ACCEPTED
    assert post.only().recipients == ("ann@example.org",)
    names = [name.lower() for name in post.only().message]
    assert "bcc" not in names
    assert [address.addr_spec for address in post.only().message["To"].addresses] == [
        "ann@example.org"
    ]


@pytest.mark.parametrize(
    ("command", "answer", "ending"),
    [
        ("MAIL", "450 later", Ending.PUT_OFF),
        ("RCPT", "450 greylisted", Ending.PUT_OFF),
        ("RCPT", "550 no such user", Ending.REFUSED),
        ("DATA", "451 later", Ending.PUT_OFF),
        ("DATA", "554 spam", Ending.REFUSED),
        ("MAIL", "550 not you", Ending.REFUSED),
    ],
)
def test_n29_what_the_server_says_decides(
    smtp: Smtp, post: PostOffice, command: str, answer: str, ending: Ending
) -> None:
    post.answers[command] = answer
    outcome = smtp.send("no-reply@memberhall.example", "ann@example.org", LETTER.content())
    assert outcome.ending is ending
    assert answer in str(outcome.reason)


def test_n29_a_line_that_goes_dead_before_the_mail_is_no_ones_fault(
    smtp: Smtp, post: PostOffice
) -> None:
    post.hang_up_after = "RCPT"
    assert send(smtp) is Ending.SERVER_AWAY
    assert post.received == []


def test_n02_a_line_that_goes_dead_after_the_mail_leaves_a_doubt(
    smtp: Smtp, post: PostOffice
) -> None:
    post.hang_up_after = "DATA"
    assert send(smtp) is Ending.IN_DOUBT
    assert len(post.received) == 1


def test_n29_a_closed_port_is_a_server_that_is_away(smtp: Smtp, post: PostOffice) -> None:
    post.close()
    assert send(smtp) is Ending.SERVER_AWAY


@pytest.mark.parametrize("greeting", [b"554 no service\r\n", b"HTTP/1.1 400\r\n\r\n", b""])
def test_n29_a_server_that_does_not_greet_is_away(greeting: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)

    with Listener(talk) as listener:
        smtp = Smtp(Server("127.0.0.1", listener.port), timeout=2)
        assert send(smtp) is Ending.SERVER_AWAY


def test_n30_a_server_that_says_nothing_is_not_waited_for() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1)

    with Listener(talk) as listener:
        smtp = Smtp(Server("127.0.0.1", listener.port), timeout=0.2)
        assert send(smtp) is Ending.SERVER_AWAY


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost:1025", Server("localhost", 1025)),
        ("smtp://localhost", Server("localhost", 25)),
        ("smtps://u%40x:p%2Fw@m.example", Server("m.example", 465, True, False, "u@x", "p/w")),
        ("smtp+starttls://m.example", Server("m.example", 587, False, True)),
    ],
)
def test_the_servers_address_is_read(url: str, server: Server) -> None:
    assert Server.from_url(url) == server
    assert "p/w" not in repr(server)


@pytest.mark.parametrize("url", ["http://m.example", "m.example:25", "smtp://", "smtp://h:port"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be|Port"):
        Server.from_url(url)
