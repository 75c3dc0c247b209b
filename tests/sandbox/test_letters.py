from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.mailbox.letters import Letter


def letter(source: bytes, *recipients: str) -> Letter:
    return Letter(
        id="1",
        sender="a@example.com",
        recipients=recipients,
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        source=source,
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("ann@example.com", True),
        (" Ann@Example.COM ", True),
        ("ann", True),
        ("nn@example.com", False),
        ("bob", False),
    ],
)
def test_a_whole_address_is_matched_whole_and_a_part_anywhere(wanted: str, found: bool) -> None:
    assert letter(b"", "Ann@example.com").is_to(wanted) is found


def test_links_are_found_without_the_full_stop_behind_them() -> None:
    source = b"Subject: x\r\n\r\nGo to http://a.example/x?y=1. Or <https://b.example/>, bye."
    assert letter(source).links == ["http://a.example/x?y=1", "https://b.example/"]


def test_a_charset_nobody_knows_still_shows_something() -> None:
    source = b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH\r\n"
    assert "nuqneH" in letter(source).text


def test_a_mail_without_anything_is_shown_empty() -> None:
    empty = letter(b"")
    assert (empty.subject, empty.text, empty.html, empty.attachments) == ("", "", "", [])
