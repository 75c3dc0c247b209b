"""What is read of a page, in whatever encoding and markup it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobs.tasks.markup import Page, decoded


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        (b'<meta charset="iso-8859-1">' + "é".encode("latin-1"), None, "é"),
        ("é".encode(), None, "é"),
        ("é".encode(), "no-such-encoding", "é"),
        ("é".encode(), "hex", "é"),
        ("é".encode(), "idna", "é"),
        (b"\xff", "utf-8", "\ufffd"),
        (b"\\ud800", "unicode_escape", "?"),
    ],
)
def test_a_body_is_read_in_the_encoding_that_is_named(
    body: bytes, charset: str | None, text: str
) -> None:
    assert decoded(body, charset).endswith(text)


@pytest.mark.parametrize(
    ("markup", "title", "text"),
    [
        ("<p>No head, no body", "", "No head, no body"),
        ("<title>Only a title", "Only a title", ""),
        ("a<template>b<p>c</template>d", "", "a d"),
        ("x</p></div></script>y", "", "x y"),
        ("a<![wrong[ b", "", "a"),
        ("&#0;&#xD800;&nbsp;&amp;", "", "\ufffd\ufffd &"),
        ("a\x00b", "", "a\ufffdb"),
    ],
)
def test_markup_of_any_quality_is_read(markup: str, title: str, text: str) -> None:
    page = Page("https://a.test/", markup)
    assert (page.title, page.text) == (title, text)


@given(st.text(st.sampled_from("<>/![]-&;\"'= abp\x00"), max_size=60))
def test_no_markup_stops_the_reader(markup: str) -> None:
    page = Page("https://a.test/", markup)
    assert "\x00" not in page.text + page.title
    assert all(link.startswith("http") for link in page.links)


def test_links_that_are_none_are_left_out() -> None:
    markup = "".join(
        f'<a href="{each}">x</a>'
        for each in ("http://[", "javascript:alert(1)", "", "#top", "//b.test/", " /x ", "data:,x")
    )
    page = Page("https://a.test/", markup)
    assert page.links == {"https://a.test/", "https://b.test/", "https://a.test/x"}
