"""Every service's README says what the service is, and names what its code has."""

import re
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest

from chassis import registry
from chassis.bus import Service, handled_events
from chassis.config import ServiceSettings
from chassis.plumbing import service_metadata
from tests.contracts.samples import event_types

SECTIONS = ("Words", "Requests", "Events", "Tables", "Settings")
PLUMBING = set(service_metadata().tables)

each_service = pytest.mark.parametrize("entry", registry.services(), ids=lambda entry: entry.name)


def requests_of(service: type[Any]) -> set[str]:
    """The names of what may be asked of it, without what the chassis answers for every service."""
    answered = {name for name in dir(service) if hasattr(getattr(service, name), "mutates")}
    return answered - set(dir(Service))


def section(entry: registry.ServiceEntry, title: str) -> str:
    """The text under a heading of the second level."""
    text = (entry.folder / "README.md").read_text()
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{entry.package}'s README has no section {title}"
    return found[1]


def missing(names: set[str], text: str) -> set[str]:
    """Those that the text does not name between backticks."""
    code = " ".join(re.findall(r"`([^`]+)`", text))
    return {name for name in names if not re.search(rf"(?<![a-z]){re.escape(name)}\b", code)}


@each_service
def test_it_says_first_what_the_service_is_for(entry: registry.ServiceEntry):
    title, purpose, *_ = (entry.folder / "README.md").read_text().split("\n\n")

    assert title.lower() == f"# {entry.name}"
    assert purpose.endswith("."), "a sentence"


@each_service
def test_it_has_the_sections_of_all_in_their_order(entry: registry.ServiceEntry):
    text = (entry.folder / "README.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert [each for each in headings if each in SECTIONS] == list(SECTIONS)


@each_service
def test_it_explains_its_words(entry: registry.ServiceEntry):
    assert len(section(entry, "Words").strip().splitlines()) >= 3


@each_service
def test_it_names_every_request(entry: registry.ServiceEntry):
    assert not missing(requests_of(entry.service_class()), section(entry, "Requests"))


@each_service
def test_it_names_no_request_that_is_gone(entry: registry.ServiceEntry):
    named = set(re.findall(r"`(\w+)\([^`]*\)`", section(entry, "Requests")))

    assert named <= requests_of(entry.service_class())


@each_service
def test_it_tells_what_it_tells_from_what_it_hears(entry: registry.ServiceEntry):
    assert re.search(r"\bTells .*\bHears ", section(entry, "Events"), re.DOTALL)


@each_service
def test_it_names_every_event_told(entry: registry.ServiceEntry):
    told = {event.wire for event in event_types() if event.wire.startswith(f"{entry.name}.")}

    assert not missing(told, section(entry, "Events"))


@each_service
def test_it_names_every_event_heard(entry: registry.ServiceEntry):
    heard = set(handled_events(entry.service_class())) - set(handled_events(Service))

    assert not missing(heard, section(entry, "Events"))


@each_service
def test_it_names_no_event_that_is_gone(entry: registry.ServiceEntry):
    known = {event.wire for event in event_types()} | set(handled_events(entry.service_class()))
    named = re.findall(r"`((?:\*|[a-z]+)\.[a-z_]+)`", section(entry, "Events"))

    assert {name for name in named if not name.endswith(".py")} <= known


@each_service
def test_it_names_every_table(entry: registry.ServiceEntry):
    tables = set(import_module(f"{entry.package}.models").Base.metadata.tables)

    assert not missing(tables - PLUMBING, section(entry, "Tables"))


@each_service
def test_it_names_every_setting_of_its_own(entry: registry.ServiceEntry):
    own = {each.name for each in fields(entry.settings_class())}
    usual = {each.name for each in fields(ServiceSettings)}

    assert not missing({name.upper() for name in own - usual}, section(entry, "Settings"))
