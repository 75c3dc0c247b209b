"""How the process starts and stops."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading

import requests

from tests.sandbox.running import ROOT, environment, start, subscribe


def refused(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_production_is_refused_in_a_clear_sentence() -> None:
    ended = refused(MEMBERHALL_MODE="production", MEMBERHALL_SANDBOX_PORT="x")
    assert ended.returncode == 2
    assert "never runs in production" in ended.stderr
    assert "MEMBERHALL_SANDBOX_PORT is 'x'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("MEMBERHALL_SANDBOX_PORT", "MEMBERHALL_SANDBOX_SMTP_PORT"):
            ended = refused(**{name: port})
            assert ended.returncode == 1
            assert re.search("(?i)address already in use", ended.stderr)
            assert "Traceback" not in ended.stderr


def test_sigterm_lets_a_running_answer_finish_and_exits_0() -> None:
    sandbox = start()
    sandbox.arm("postback_slow", seconds=60)
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(sandbox.postback(b"x=1").text))
    asking.start()
    while sandbox.get("/_sim/faults")["armed"]:
        pass
    assert sandbox.stop() == 0
    asking.join(10)
    assert answers == ["INVALID"]


def test_sigterm_does_not_wait_for_a_shop_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = start()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/ipn"
        sandbox.approve(subscribe(notify_url=address))
        silent.accept()[0].close()
        assert sandbox.stop() == 0


def test_healthz_answers() -> None:
    sandbox = start()
    answer = requests.get(f"{sandbox.url}/healthz", timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert sandbox.stop() == 0


def test_the_merchant_is_the_one_of_the_settings() -> None:
    sandbox = start(
        MEMBERHALL_BILLING_PAYPAL_BUSINESS="Club@example.com",
        MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID="CLUBCLUBCLUB1",
    )
    sandbox.approve(subscribe(business="club@example.com", invoice="1"))
    fields = sandbox.message(invoice="1", txn_type="subscr_payment")["fields"]
    assert (fields["receiver_email"], fields["receiver_id"]) == (
        "club@example.com",
        "CLUBCLUBCLUB1",
    )
    assert sandbox.stop() == 0
