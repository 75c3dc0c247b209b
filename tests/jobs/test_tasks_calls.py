"""`jobs.call_command`: batches, progress, refusals, and going on where an earlier run stopped."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, Unavailable
from services.jobs.tasks.calls import MOST_ANSWER, Refused, call_command
from tests.jobs.handling import Services

GONE = NotFound("plan_unknown", "There is no such plan.")


def run(services: Services, run_no: int = 1, **args: Any) -> Any:
    asked = {"service": "billing", "method": "renew"} | args
    return call_command(services.job("jobs.call_command", asked, run_no))


def test_one_call_brings_its_answer() -> None:
    services = Services(billing__renew={"invoice_id": "7"})
    assert run(services, arguments={"plan": "pro"}) == {"calls": 1, "answer": {"invoice_id": "7"}}
    assert services.asked == [("billing.renew", {"plan": "pro"})]


def test_each_batch_is_added_to_the_arguments_of_all() -> None:
    services = Services(billing__renew=None)
    batches = [{"plan": "pro"}, {"plan": "team", "dry": False}]
    assert run(services, arguments={"dry": True}, batches=batches) == {"calls": 2}
    assert [arguments for _, arguments in services.asked] == [
        {"dry": True, "plan": "pro"},
        {"dry": False, "plan": "team"},
    ]


def test_items_are_split_and_progress_is_told_after_each_call() -> None:
    services = Services(billing__renew=None)
    run(services, items=list(range(5)), batch_size=2, item_argument="numbers")
    assert [arguments["numbers"] for _, arguments in services.asked] == [[0, 1], [2, 3], [4]]
    assert [round(percent) for percent, _ in services.told] == [33, 67, 100]
    assert services.told[-1][1] == "3 of 3 calls"


def test_a_later_run_goes_on_where_the_service_went_away() -> None:
    services = Services()
    away = iter([False, True, False, False])

    def renew(**_: Any) -> Any:
        return Unavailable("away", "The service is away.") if next(away) else {"done": True}

    services.answers["billing.renew"] = renew
    batches = [{"plan": name} for name in ("pro", "team", "club")]
    with pytest.raises(Unavailable):
        run(services, batches=batches)
    assert run(services, run_no=2, batches=batches) == {"calls": 3}
    plans = [arguments["plan"] for _, arguments in services.asked]
    assert plans == ["pro", "team", "team", "club"]


def test_a_refused_batch_stops_no_other_and_fails_the_run_at_its_end() -> None:
    services = Services(billing__renew=lambda plan: GONE if plan == "old" else None)
    batches = [{"plan": name} for name in ("old", "pro", "team")]
    with pytest.raises(Refused, match=r"1 of 3 calls were refused: batch 0: plan_unknown: There"):
        run(services, batches=batches)
    assert len(services.asked) == 3
    assert services.lines == [
        "refused batch=0 code=plan_unknown reason=There is no such plan.",
    ]

    with pytest.raises(Refused):
        run(services, run_no=2, batches=batches)
    assert [arguments["plan"] for _, arguments in services.asked[3:]] == ["old"], "asked again"


def test_many_refusals_are_told_in_few_words() -> None:
    services = Services(billing__renew=Conflict("twice", "It is renewed."))
    with pytest.raises(Refused, match=r"^40 of 40 calls .* and 30 more$"):
        run(services, items=list(range(40)), batch_size=1)


def test_a_large_answer_does_not_fail_what_is_done() -> None:
    services = Services(billing__renew={"text": "x" * MOST_ANSWER})
    assert run(services) == {"calls": 1, "answer_bytes": MOST_ANSWER + 12}


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "Billing; DROP"},
        {"method": "renew.all"},
        {"batches": []},
        {"batches": [{}], "items": [1]},
        {"items": [1], "batch_size": 0},
        {"batches": ["pro"]},
        {"comand": "renew"},
    ],
)
def test_wrong_arguments_call_nobody(wrong: dict[str, Any]) -> None:
    services = Services(billing__renew=None)
    with pytest.raises(Invalid):
        run(services, **wrong)
    assert services.asked == []
