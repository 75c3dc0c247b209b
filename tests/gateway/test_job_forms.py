"""Forms of the jobs area: read as people write, every error at its field, nothing typed lost."""

import json
import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from chassis.errors import Conflict, Invalid
from tests.gateway.browsing import Browser, field
from tests.gateway.recording import RecordingBus
from tests.gateway.sample_pages import work

pytestmark = pytest.mark.usefixtures("cluster")

AREA = "/operator/jobs"
ID = "018f0000-0000-7000-8000-00000000e001"
KIND = "billing.render_invoice"
SCHEDULE = work.SCHEDULES[0]["schedule_id"]
WANTED = {
    "name": "Each New Year",
    "kind": KIND,
    "cron": "0 0 1 jan *",
    "time_zone": "Asia/Tokyo",
    "missed": "skip",
}


def test_limits_are_typed_as_people_write_them(operator: Browser, bus: RecordingBus) -> None:
    bus.answer("jobs", "change_kind", None)
    typed = {
        "timeout_s": "90",
        "weight": "1.5",
        "max_assigned": "None",
        "node_labels": "zone=eu, disk = fast",
        "rate_per_s": "",
    }
    assert operator.post(f"{AREA}/kinds/{KIND}/limits", data=typed).status_code == 303
    (asked,) = bus.calls("jobs", "change_kind")
    assert asked.arguments["override"] == {
        "timeout_s": "90",
        "weight": "1.5",
        "max_assigned": None,
        "node_labels": {"zone": "eu", "disk": "fast"},
    }


def test_every_wrong_limit_is_said_at_its_field_and_nothing_is_asked(
    operator: Browser, bus: RecordingBus
) -> None:
    typed = {"timeout_s": "soon", "weight": "0", "priority": "none", "node_labels": "zone"}
    answer = operator.post(f"{AREA}/kinds/{KIND}/limits", data=typed)
    assert answer.status_code == 422
    for name, text in typed.items():
        assert 'aria-invalid="true"' in field(answer, name), name
        assert f'value="{text}"' in field(answer, name)
    assert 'aria-invalid="true"' not in field(answer, "max_attempts")
    assert "Write labels as name=value" in answer.text
    assert "This must be from 0.01 to 1000." in answer.text
    assert not bus.calls("jobs", "change_kind")


def test_a_limit_that_only_the_service_refuses_is_said_at_its_field(
    operator: Browser, bus: RecordingBus
) -> None:
    refused = Invalid("limits_wrong", "No.", {"/override/rate_burst": ["Needs a rate."]})
    bus.answer("jobs", "change_kind", refused)
    answer = operator.post(f"{AREA}/kinds/{KIND}/limits", data={"rate_burst": "5"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in field(answer, "rate_burst")
    assert answer.text.count("Needs a rate.") == 2


def seen_of(answer: TestResponse) -> str:
    """The limits that a page's form says it was made over."""
    (seen,) = re.findall(r'name="seen" value="([^"]*)"', answer.text)
    return unescape(seen)


def test_limits_are_sent_with_those_that_the_form_was_made_over(
    operator: Browser, bus: RecordingBus
) -> None:
    bus.answer("jobs", "change_kind", None)
    seen = seen_of(operator.get(f"{AREA}/kinds/{KIND}/limits"))
    wrong = operator.post(
        f"{AREA}/kinds/{KIND}/limits", data={"weight": "0", "seen": '{"weight": 3}'}
    )
    operator.post(f"{AREA}/kinds/{KIND}/limits", data={"seen": seen})
    operator.post(f"{AREA}/kinds/{KIND}/limits")
    stands = work.OVERRIDE
    asked = [each.arguments["instead_of"] for each in bus.calls("jobs", "change_kind")]
    assert asked == [stands, None]
    assert stands
    assert seen_of(wrong) == '{"weight": 3}', "a wrong form is still made over the same"


def test_limits_that_somebody_else_changed_meanwhile_are_told_and_may_then_be_overwritten(
    operator: Browser, bus: RecordingBus
) -> None:
    meanwhile = {"/override/max_assigned": ["It was set to 5."]}
    bus.answer("jobs", "change_kind", Conflict("override_changed", "Not saved.", meanwhile))
    typed = {"max_assigned": "7", "seen": "{}"}
    answer = operator.post(f"{AREA}/kinds/{KIND}/limits", data=typed)
    assert answer.status_code == 409
    assert "Not saved. Save again to have what you typed instead." in answer.text
    assert 'aria-invalid="true"' in field(answer, "max_assigned")
    assert 'value="7"' in field(answer, "max_assigned")
    assert answer.text.count("It was set to 5.") == 2
    assert json.loads(seen_of(answer)) == work.OVERRIDE


def test_a_form_that_says_nonsense_of_what_it_was_made_over_is_left_to_the_service(
    operator: Browser, bus: RecordingBus
) -> None:
    bus.answer("jobs", "change_kind", Invalid("invalid_request", "No.", {"/instead_of": ["No."]}))
    answer = operator.post(f"{AREA}/kinds/{KIND}/limits", data={"seen": "{"})
    assert answer.status_code == 422
    assert bus.calls("jobs", "change_kind")[0].arguments["instead_of"] == "{"


def test_a_node_s_workers_are_a_number(operator: Browser, bus: RecordingBus) -> None:
    answer = operator.post(f"{AREA}/nodes/n1", data={"workers": "many"})
    assert answer.status_code == 422
    assert 'value="many"' in field(answer, "workers")
    assert "This is not a whole number." in answer.text
    assert not bus.calls("jobs", "change_node")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ('{"days":', "This is not JSON; look at line 1, character 9."),
        ("[1]", "Write a JSON object: names and values in braces."),
    ],
)
def test_a_wrong_schedule_is_shown_as_typed_with_every_error(
    operator: Browser, bus: RecordingBus, typed: str, sentence: str
) -> None:
    form = {**WANTED, "schedule_id": ID, "cron": "every night", "name": "", "args": typed}
    answer = operator.post(f"{AREA}/schedules/new", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Please fill this in." in answer.text
    assert 'value="every night"' in field(answer, "cron")
    for name in ("name", "cron", "args"):
        assert 'aria-invalid="true"' in field(answer, name), name
    assert f'name="schedule_id" value="{ID}"' in answer.text
    assert '<option value="Asia/Tokyo" selected>' in answer.text
    assert not bus.calls("jobs", "save_schedule")


def test_a_name_that_is_taken_is_told_above_the_form(operator: Browser, bus: RecordingBus) -> None:
    bus.answer("jobs", "save_schedule", Conflict("name_taken", "There is one of this name."))
    answer = operator.post(f"{AREA}/schedules/{SCHEDULE}", data=WANTED)
    assert answer.status_code == 409
    assert "There is one of this name." in answer.text


def test_each_blank_form_makes_a_schedule_of_its_own(operator: Browser) -> None:
    pages = [operator.get(f"{AREA}/schedules/new").text for _ in range(2)]
    ids = [re.findall(r'name="schedule_id" value="([^"]+)"', text) for text in pages]
    assert [len(each) for each in ids] == [1, 1]
    assert ids[0] != ids[1]


def test_what_the_service_says_of_all_limits_together_stands_above_the_form(
    operator: Browser, bus: RecordingBus
) -> None:
    refused = Invalid("override_wrong", "The change is refused.", {"/override": ["Bad regex."]})
    bus.answer("jobs", "change_kind", refused)
    answer = operator.post(f"{AREA}/kinds/{KIND}/limits", data={"node_filter": "n.*"})
    assert "The change is refused. Bad regex." in answer.text


def test_a_name_in_use_is_said_at_its_field_too(operator: Browser, bus: RecordingBus) -> None:
    taken = Conflict("schedule_name_taken", "There is one of this name.", {"/name": ["is taken"]})
    bus.answer("jobs", "save_schedule", taken)
    answer = operator.post(f"{AREA}/schedules/{SCHEDULE}", data=WANTED)
    assert 'aria-invalid="true"' in field(answer, "name")
    assert "This is taken already" in answer.text
