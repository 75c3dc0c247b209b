"""Every mail in its three parts, and the sandbox that renders it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import DictLoader

from services.notifications import templates
from services.notifications.domain.letters import HIDDEN, Secret, Shop, letter_values
from services.notifications.domain.rules import RULES, Rule
from services.notifications.schemas import facts_of
from services.notifications.templates import CannotRender, Rendered, Sandbox, render
from tests.contracts.samples import a_sample, event_types

SHOP = Shop("Memberhall & Söhne", "https://shop.example")
SECRET = Secret("tok-1", "K7M2P9QX")


def values_for(rule: Rule, name: str = "Ann Lee") -> dict[str, str | None]:
    (event,) = (event for event in event_types() if event.wire == rule.wire)
    facts = facts_of(rule.wire, a_sample(event).to_body())
    return letter_values(
        rule, SHOP, name=name, time_zone="Europe/Berlin", facts=facts, secret=SECRET
    )


def rendered(rule: Rule, name: str = "Ann Lee") -> Rendered:
    return render(rule.template, values_for(rule, name))


class Links(HTMLParser):
    """What a page leads to or loads, and the tags it has."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.hrefs += [value or "" for key, value in attrs if key in ("href", "src", "action")]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_mail_says_why_it_came_and_to_whom(rule: Rule) -> None:
    mail = rendered(rule)
    assert mail.subject
    for part in (mail.text, mail.html):
        assert "Hello Ann Lee," in part
        assert f"You get this mail because {rule.because}" in part


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_mail_loads_nothing_and_leads_to_the_shop_alone(rule: Rule) -> None:
    page = Links()
    page.feed(rendered(rule).html)
    assert page.hrefs
    assert all(link.startswith("https://shop.example/") for link in page.hrefs)
    assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)
    assert "url(" not in rendered(rule).html


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_mail_has_a_language_a_title_and_both_schemes(rule: Rule) -> None:
    html = rendered(rule).html
    assert '<html lang="en"' in html
    assert re.search(r"<title>[^<]+</title>", html)
    assert "prefers-color-scheme: dark" in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_text_part_has_the_links_of_its_page(rule: Rule) -> None:
    mail, page = rendered(rule), Links()
    page.feed(mail.html)
    assert [link for link in page.hrefs if link not in mail.text] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_n11_html_is_escaped_and_subject_and_text_are_not(rule: Rule) -> None:
    mail = rendered(rule, name="Bob & <b>Co</b>")
    assert "Bob &amp; &lt;b&gt;Co&lt;/b&gt;" in mail.html
    assert "Bob & <b>Co</b>" in mail.text
    assert "&amp;" not in mail.subject + mail.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_n12_a_value_that_is_missing_is_a_fault_and_not_a_blank(rule: Rule) -> None:
    values = values_for(rule)
    del values["brand"]
    with pytest.raises(CannotRender):
        render(rule.template, values)


def test_secrets_stand_in_link_and_text() -> None:
    by_name = {rule.name: rule for rule in RULES}
    confirm, reset = rendered(by_name["confirm_address"]), rendered(by_name["reset_password"])
    for part in (confirm.text, confirm.html):
        assert "https://shop.example/confirm?token=tok-1" in part
        assert "K7M2P9QX" in part
    assert "https://shop.example/reset?token=tok-1" in reset.html


def test_a_preview_hides_the_secret() -> None:
    rule = next(rule for rule in RULES if rule.name == "confirm_address")
    values = {**values_for(rule), "token": HIDDEN.token, "code": HIDDEN.code}
    assert "/confirm?token=[hidden]" in render(rule.template, values).html


def test_no_template_is_without_a_rule() -> None:
    folder = Path(templates.__file__).parent
    named = {path.stem for path in folder.glob("*.subject")}
    assert named == {rule.template for rule in RULES}


PROBES = [
    "{{ name.__class__ }}",
    "{{ name.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ config }}",
    "{% set x = [1] %}{{ x.append(2) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%999999999d'|format(1) }}",
    "{{ '{:999999999d}'.format(1) }}",
    "{{ 'x' * 999999999 }}",
    "{{ 10 ** 99999999 }}",
    "{{ 'x'.ljust(999999999) }}",
    "{{ 'x'|center(999999999) }}",
    "{% for i in range(99999) %}x{% endfor %}",
    "{{ lipsum(n=1000) }}",
    "{{ 1 / 0 }}",
    "{% include 'nothing.html' %}",
    "{{ name",
]


@pytest.mark.parametrize("source", PROBES)
def test_n12_n13_a_template_reaches_nothing_and_does_not_swell(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(escapes=False)
    sandbox.loader = DictLoader({"probe.subject": source})
    monkeypatch.setattr(templates, "_PLAIN", sandbox)
    with pytest.raises(CannotRender):
        render("probe", {"name": "Ann"})


def test_n13_a_mail_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(escapes=False)
    sandbox.loader = DictLoader({"probe.subject": "{{ name }}" * 100})
    monkeypatch.setattr(templates, "_PLAIN", sandbox)
    with pytest.raises(CannotRender, match="longer"):
        render("probe", {"name": "x" * 10_000_000})
