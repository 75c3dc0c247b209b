import time

import pytest

from chassis.bus import doors


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_and_a_refusal_are_held_back_alike(monkeypatch, fails):
    waited = []
    monkeypatch.setattr(doors, "wait", waited.append)

    try:
        with doors._at_least(60.0):
            if fails:
                raise LookupError
    except LookupError:
        assert fails

    assert 50 < waited[0] <= 60


def test_what_took_long_enough_by_itself_waits_no_more(monkeypatch):
    monkeypatch.setattr(doors, "wait", lambda seconds: pytest.fail(f"waited {seconds}"))
    now = iter([0.0, 5.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))

    with doors._at_least(1.0):
        pass
