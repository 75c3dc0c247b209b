"""Every state of every page: readable by everybody, on every screen, light enough to come fast."""

import pytest
from werkzeug.routing import Rule

from gateway.app import create_app
from tests.browser.chromium import PHONE
from tests.browser.looking import LOOKS, Gallery
from tests.browser.screens import SCREENS, Screen
from tests.gateway.browsing import settings
from tests.gateway.recording import RecordingBus

HEAVIEST = 150_000  # bytes over the wire on a first visit

# What a browser gets that is no page: files, what programs ask, and what is no GET of a person.
NO_PAGES = {"static", "probes.alive", "probes.ready", "member.invoice_pdf", "member.job_document"}

every_screen = pytest.mark.parametrize("screen", SCREENS, ids=[each.name for each in SCREENS])


def is_page(rule: Rule) -> bool:
    is_for_programs = rule.rule.startswith(("/api/", "/webhooks/"))
    return "GET" in (rule.methods or ()) and not is_for_programs and rule.endpoint not in NO_PAGES


def test_every_page_of_the_gateway_is_among_the_screens():
    rules = create_app(settings(), RecordingBus()).url_map.iter_rules()

    assert {rule.endpoint for rule in rules if is_page(rule)} == {
        screen.endpoint for screen in SCREENS if screen.endpoint
    }


@every_screen
def test_the_page_answers_and_nothing_in_it_complains(gallery: Gallery, screen: Screen):
    seen = gallery.look_at(screen)

    assert seen.status == screen.status, seen.url
    assert seen.faults == [], seen.url


@pytest.mark.parametrize("look", LOOKS)
@every_screen
def test_axe_finds_nothing(gallery: Gallery, screen: Screen, look: str):
    assert gallery.look_at(screen).axe[look] == []


@every_screen
def test_the_page_fits_on_a_phone(gallery: Gallery, screen: Screen):
    assert gallery.look_at(screen).width <= PHONE


@every_screen
def test_a_finger_can_meet_every_target(gallery: Gallery, screen: Screen):
    assert gallery.look_at(screen).small_targets == []


@every_screen
def test_a_first_visit_is_light(gallery: Gallery, screen: Screen):
    assert gallery.look_at(screen).weight <= HEAVIEST
