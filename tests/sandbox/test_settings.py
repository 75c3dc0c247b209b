from __future__ import annotations

import pytest

from sandbox.settings import Settings, WrongSettings


def test_everything_but_the_mode_has_a_default() -> None:
    settings = Settings.from_environment({"MEMBERHALL_MODE": "sandbox"})
    assert (settings.host, settings.port, settings.smtp_port) == ("127.0.0.1", 0, 0)


def test_all_faults_are_told_together() -> None:
    with pytest.raises(WrongSettings) as wrong:
        Settings.from_environment(
            {
                "MEMBERHALL_SANDBOX_PORT": "http",
                "MEMBERHALL_SANDBOX_SMTP_PORT": "70000",
                "MEMBERHALL_BILLING_PAYPAL_BUSINESS": "shop",
                "MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID": "short",
                "MEMBERHALL_LOG_LEVEL": "LOUD",
            }
        )
    assert len(wrong.value.faults) == 6


@pytest.mark.parametrize("mode", [{}, {"MEMBERHALL_MODE": "production"}])
def test_production_is_refused(mode: dict[str, str]) -> None:
    with pytest.raises(WrongSettings, match="never runs in production"):
        Settings.from_environment(mode)


def test_the_two_ports_are_not_the_same() -> None:
    same = {"MEMBERHALL_SANDBOX_PORT": "8025", "MEMBERHALL_SANDBOX_SMTP_PORT": "8025"}
    with pytest.raises(WrongSettings, match="are the same"):
        Settings.from_environment({"MEMBERHALL_MODE": "sandbox", **same})
