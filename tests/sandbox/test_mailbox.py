"""Mail sent with a real SMTP client, read through the pages and the JSON."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from uuid import uuid4

import pytest
import requests

from tests.sandbox.running import Running


@pytest.fixture
def address() -> str:
    return f"{uuid4().hex}@example.com"


def mail(to: str, subject: str = "Grüße") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Memberhall <hello@example.com>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Confirm: http://127.0.0.1/confirm?token=abc.\n")
    message.add_alternative(
        "<html><head></head><body><script>alert(1)</script><b>Hi</b></body></html>", subtype="html"
    )
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a b.pdf")
    return message


def send(sandbox: Running, message: EmailMessage, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as smtp:
        smtp.send_message(message, to_addrs=list(to) or None)


def page(sandbox: Running, path: str) -> requests.Response:
    return requests.get(sandbox.url + path, timeout=10)


def test_a_mail_is_read_in_all_its_parts(sandbox: Running, address: str) -> None:
    send(sandbox, mail(address))
    [kept] = sandbox.get("/mailbox.json", to=address, wait=10)["items"]
    assert (kept["subject"], kept["from"], kept["to"]) == ("Grüße", "hello@example.com", [address])
    assert kept["links"] == ["http://127.0.0.1/confirm?token=abc"]
    assert "<b>Hi</b>" in kept["html"]
    [file] = kept["attachments"]
    assert (file["name"], file["content_type"], file["size"]) == ("a b.pdf", "application/pdf", 8)
    assert sandbox.get(f"/mailbox/{kept['id']}.json") == kept


def test_the_newest_is_first_and_a_bcc_is_found(sandbox: Running, address: str) -> None:
    send(sandbox, mail("team@example.com", "Older one"), address)
    send(sandbox, mail("team@example.com", "Newer one"), address)
    kept = sandbox.get("/mailbox.json", to=address.upper(), wait=10, at_least=2)["items"]
    assert [one["subject"] for one in kept] == ["Newer one", "Older one"]
    listed = page(sandbox, f"/mailbox?to={address}").text
    assert listed.index("Newer one") < listed.index("Older one")
    assert "No mail to" in page(sandbox, "/mailbox?to=nobody@example.com").text


def test_a_mail_s_html_stays_in_its_frame(sandbox: Running, address: str) -> None:
    send(sandbox, mail(address))
    [kept] = sandbox.get("/mailbox.json", to=address, wait=10)["items"]
    shown = page(sandbox, f"/mailbox/{kept['id']}")
    assert '<iframe sandbox="allow-popups' in shown.text
    assert "alert(1)" not in shown.text
    html = page(sandbox, f"/mailbox/{kept['id']}/html")
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank">' in html.text


def test_an_attachment_is_downloaded_and_the_source_shown(sandbox: Running, address: str) -> None:
    send(sandbox, mail(address))
    [kept] = sandbox.get("/mailbox.json", to=address, wait=10)["items"]
    file = page(sandbox, kept["attachments"][0]["url"])
    assert file.content == b"%PDF-1.4"
    assert file.headers["Content-Disposition"] == 'attachment; filename="a b.pdf"'
    assert f"To: {address}" in page(sandbox, f"/mailbox/{kept['id']}/source").text
    assert page(sandbox, f"/mailbox/{kept['id']}/attachments/2").status_code == 404
    assert page(sandbox, "/mailbox/0").status_code == 404


@pytest.mark.parametrize(("fault", "code"), [("smtp_450", 450), ("smtp_550", 550)])
def test_a_recipient_can_be_refused(sandbox: Running, address: str, fault: str, code: int) -> None:
    sandbox.arm(fault, match={"recipient": address})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(sandbox, mail(address))
    assert refused.value.recipients[address][0] == code
    send(sandbox, mail(address))
    assert len(sandbox.get("/mailbox.json", to=address, wait=10)["items"]) == 1


@pytest.mark.parametrize(("fault", "kept"), [("smtp_drop", 1), ("smtp_lose", 0)])
def test_the_connection_can_be_cut_before_the_answer(
    sandbox: Running, address: str, fault: str, kept: int
) -> None:
    sandbox.arm(fault, match={"recipient": address})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(sandbox, mail(address))
    assert len(sandbox.get("/mailbox.json", to=address)["items"]) == kept
    send(sandbox, mail(address))
    assert len(sandbox.get("/mailbox.json", to=address, wait=10)["items"]) == kept + 1
