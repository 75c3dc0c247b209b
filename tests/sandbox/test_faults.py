from __future__ import annotations

from sandbox.faults import Faults


def test_a_fault_strikes_as_often_as_it_is_armed_for() -> None:
    faults = Faults()
    faults.arm("duplicate", times=2)
    assert [bool(faults.take("duplicate", {})) for _ in range(3)] == [True, True, False]


def test_a_fault_strikes_only_what_it_matches() -> None:
    faults = Faults()
    faults.arm("drop", match={"txn_type": "subscr_payment"})
    assert faults.take("drop", {"txn_type": "subscr_signup"}) is None
    assert faults.take("delay", {"txn_type": "subscr_payment"}) is None
    assert faults.take("drop", {"txn_type": "subscr_payment", "invoice": "1"}) is not None


def test_disarming_forgets_all() -> None:
    faults = Faults()
    faults.arm("drop")
    faults.disarm()
    assert faults.as_json() == []
