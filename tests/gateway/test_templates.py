"""The pages as text: whole, escaped, and without what the content security policy refuses."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from gateway.icons import FOLDER as ICONS
from tests.gateway.sample_pages import PAGES, Page, render
from tests.gateway.sample_pages.page import FOLDER

MARKUP = "<script>alert('x')</script>\"onmouseover=\"alert(1)"
NAMES = {page.name: page for page in PAGES}
# What only browsers add to an element, and the policy therefore refuses when we write it.
REFUSED = re.compile(r"^(on[a-z]+|style)$")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}

each_page = pytest.mark.parametrize("page", PAGES, ids=list(NAMES))


class Outline(HTMLParser):
    """Every element of a page with its attributes; faults are tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == tag]


def poisoned(value: Any) -> Any:
    """The same data with markup in the place of what people typed."""
    if isinstance(value, dict):
        return {name: poisoned_field(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return value


def poisoned_field(name: str, value: Any) -> Any:
    typed = {"name", "email", "description", "error", "reason", "subject", "text", "raw", "value"}
    typed |= {"note", "holder", "cron", "title"}
    typed |= {"customer_name", "detail", "problem", "version", "host", "recipient", "because"}
    return MARKUP if name in typed and isinstance(value, str) else poisoned(value)


def test_every_template_of_a_page_has_a_sample() -> None:
    pages = {
        str(file.relative_to(FOLDER))
        for file in FOLDER.rglob("*.html")
        if file.parent.name not in ("layout", "components")
    }
    assert pages == {page.template for page in PAGES}


@each_page
def test_a_page_is_whole(page: Page) -> None:
    text = render(page)
    outline = Outline(text)
    assert (outline.faults, outline.open) == ([], [])
    assert len(outline.all("main")) == len(outline.all("h1")) == 1
    assert len(Outline(text.partition("</head>")[0]).all("title")) == 1
    ids = [each["id"] for _, each in outline.elements if "id" in each]
    assert len(ids) == len(set(ids))


@each_page
def test_a_page_holds_nothing_inline(page: Page) -> None:
    outline = Outline(render(page))
    assert [name for _, each in outline.elements for name in each if REFUSED.match(name)] == []
    assert all("src" in script and "nonce" in script for script in outline.all("script"))
    assert all("nonce" in style for style in outline.all("style"))


@each_page
def test_a_page_stays_on_its_own_site(page: Page) -> None:
    outline = Outline(render(page, sandbox=False, mailbox_url=None))
    links = [each.get(at) or "" for _, each in outline.elements for at in ("href", "src")]
    assert [link for link in links if link and not link.startswith(("/", "#", "?"))] == []


@each_page
def test_what_people_typed_is_text(page: Page) -> None:
    text = render(
        replace(page, variables=poisoned(page.variables)),
        brand={"name": MARKUP, "accent": MARKUP},
        flashes=[{"kind": "error", "text": MARKUP}],
    )
    assert "<script>alert" not in text
    assert Outline(text).faults == []
    assert [
        name for _, each in Outline(text).elements for name in each if REFUSED.match(name)
    ] == []


@each_page
def test_the_sandbox_is_loud_and_production_does_not_know_it(page: Page) -> None:
    assert "Payments and mail are not real here" in render(page)
    assert "sandbox-banner" not in render(page, sandbox=False, mailbox_url=None)


@each_page
def test_every_field_has_a_label(page: Page) -> None:
    outline = Outline(render(page))
    labelled = {label["for"] for label in outline.all("label")}
    shown = [each for each in outline.all("input") if each.get("type") != "hidden"]
    assert {
        each["id"] for each in (*shown, *outline.all("select"), *outline.all("textarea"))
    } <= labelled


@each_page
def test_every_form_goes_to_a_page_of_ours_or_the_provider(page: Page) -> None:
    forms = Outline(render(page)).all("form")
    assert {form["method"] for form in forms} <= {"post", "get"}
    actions = [form["action"] or "" for form in forms]
    elsewhere = [action for action in actions if not action.startswith("/")]
    assert len(elsewhere) == (1 if page.name == "checkout-pay" else 0)


def test_a_wrong_form_keeps_what_was_typed_and_says_every_error_twice() -> None:
    """Once in the summary, with a link to the field, and once beside the field."""
    text = render(NAMES["sign-up-wrong"])
    outline = Outline(text)
    fields = {str(each["name"]): each for each in outline.all("input") if "id" in each}
    for name in ("name", "email", "password"):
        assert fields[name]["aria-invalid"] == "true"
        assert f"{name}-error" in str(fields[name]["aria-describedby"]).split()
        assert f'href="#{name}"' in text
        assert f'id="{name}-error"' in text
    assert fields["email"]["value"] == "ada@"
    assert text.count("This is not an e-mail address.") == 2


def test_a_password_is_never_put_back() -> None:
    page = NAMES["log-in-wrong"]
    typed = {**page.variables, "values": {"login": "ada", "password": "secret words"}}
    assert "secret words" not in render(replace(page, variables=typed))


def test_an_error_of_a_field_that_is_not_shown_is_still_said() -> None:
    assert "Too old." in render(NAMES["reset-wrong"])


def test_confirming_takes_a_button_and_not_a_visit() -> None:
    outline = Outline(render(NAMES["confirm"]))
    assert [form["action"] for form in outline.all("form")] == ["/confirm"]
    assert {"type": "hidden", "name": "token", "value": "tok.en"} in outline.all("input")


def test_paying_sends_the_providers_own_fields() -> None:
    outline = Outline(render(NAMES["checkout-pay"]))
    (form,) = (each for each in outline.all("form") if str(each["action"]).startswith("http"))
    assert form == {
        "method": "post",
        "action": "http://127.0.0.1:9999/cgi-bin/webscr",
        "class": "actions mt-4",
    }
    assert {"type": "hidden", "name": "a3", "value": "12.00"} in outline.all("input")


def test_waiting_asks_again_with_and_without_javascript_until_it_is_paid() -> None:
    waiting, paid = render(NAMES["waiting-open"]), render(NAMES["waiting-paid"])
    assert 'hx-trigger="every 2s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "hx-get" not in paid
    assert 'data-go-to="/dashboard"' in paid


def test_money_names_its_currency_and_its_own_decimals() -> None:
    text = render(NAMES["pricing"])
    assert "€12.00\N{NO-BREAK SPACE}<small>EUR</small>" in text
    assert "¥4,900\N{NO-BREAK SPACE}<small>JPY</small>" in text


def test_times_are_the_readers_and_the_zone_is_on_hover() -> None:
    text = render(NAMES["operator-deliveries"])
    assert ">21 Nov 2026, 04:23</time>" in text
    assert "Eastern Standard Time (America/New_York)" in text


def test_a_sorted_column_says_so_and_offers_the_other_way() -> None:
    outline = Outline(render(NAMES["operator-jobs-sorted"]))
    sorted_by = [each for each in outline.all("th") if "aria-sort" in each]
    assert [each["aria-sort"] for each in sorted_by] == ["descending"]
    links = [str(each["href"]) for each in outline.all("a")]
    assert "?sort=dead&kind=billing.render_invoice" in links


def test_the_links_of_a_listing_keep_its_other_arguments() -> None:
    links = [str(each["href"]) for each in Outline(render(NAMES["operator-deliveries"])).all("a")]
    assert "?state=failed&cursor=next" in links
    assert "?" in links


@pytest.mark.parametrize(
    ("path", "place"),
    [("/operator", "Overview"), ("/operator/jobs", "Jobs"), ("/operator/payments/1", "Payments")],
)
def test_the_navigation_marks_one_place(path: str, place: str) -> None:
    text = render(NAMES["operator-jobs"], path=path)
    marked = re.findall(r'<a href="[^"]*" aria-current="page">(.*?)</a>', text, re.DOTALL)
    assert len(marked) == 1
    assert place in marked[0]


def test_only_operators_are_led_to_the_operators_side() -> None:
    home = NAMES["home"]
    assert 'href="/operator"' not in render(replace(home, reader="member"))
    assert 'href="/operator"' in render(replace(home, reader="operator"))


def test_an_error_names_its_request_and_a_way_out() -> None:
    text = render(NAMES["error-503"])
    assert "019aa000-0000-7000-8000-000000000900" in text
    assert 'href="/dashboard"' in text


def test_every_icon_is_one_of_the_set() -> None:
    """Not in a clone without the set-up's packages, where pages have no pictures."""
    if not ICONS.is_dir():
        pytest.skip("the front-end packages are not installed")
    written = "\n".join(file.read_text("utf-8") for file in FOLDER.rglob("*.html"))
    named = set(re.findall(r'"([a-z0-9-]+)" \| icon', written))
    named |= set(
        re.findall(r'(?:glyph=|empty_state\(|place\("[^"]+", "[^"]+", )"([a-z0-9-]+)"', written)
    )
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ICONS / f"{name}.svg").is_file()] == []
