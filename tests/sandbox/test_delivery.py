from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.paypal.delivery import GIVEN_UP_AFTER, Detour, gap_after


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 10), (2, 20), (3, 40), (14, 81920), (15, 86400), (40, 86400)]
)
def test_gaps_double_up_to_a_day(tries: int, seconds: int) -> None:
    assert gap_after(tries) == timedelta(seconds=seconds)


def test_four_days_hold_sixteen_resends() -> None:
    gone, resends = timedelta(), 0
    while (gone := gone + gap_after(resends + 1)) <= GIVEN_UP_AFTER:
        resends += 1
    assert resends == 16


NOTIFY_URL = "http://localhost:8080/webhooks/paypal/ipn"


def test_messages_for_the_public_url_take_the_way_inside() -> None:
    detour = Detour("http://localhost:8080", "http://gateway:8080")

    assert detour.covers(NOTIFY_URL)
    assert detour.way_to(NOTIFY_URL) == "http://gateway:8080/webhooks/paypal/ipn"


@pytest.mark.parametrize(
    "address", ["http://localhost:80801/x", "http://localhost:8080.example.com/x", "http://else/x"]
)
def test_nothing_else_takes_it(address: str) -> None:
    detour = Detour("http://localhost:8080", "http://gateway:8080")

    assert not detour.covers(address)
    assert detour.way_to(address) == address


def test_without_a_site_url_every_way_is_direct() -> None:
    assert Detour("http://localhost:8080", "").way_to(NOTIFY_URL) == NOTIFY_URL
