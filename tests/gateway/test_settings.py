"""The gateway starts only with settings that can be right, and says all that is wrong at once."""

import base64
from ipaddress import ip_network

import pytest

from chassis.config import SettingsError, load
from gateway.settings import Settings

ENVIRONMENT = {
    "MEMBERHALL_PUBLIC_URL": "https://members.test/",
    "MEMBERHALL_PUBLIC_KEYS": "{}",
    "MEMBERHALL_GATEWAY_BROKER_URL": "amqp://gateway:secret@broker:5672/",
    "MEMBERHALL_GATEWAY_PRIVATE_KEY": base64.b64encode(bytes(32)).decode(),
    "MEMBERHALL_GATEWAY_COOKIE_KEYS": f"{'n' * 32}, {'o' * 32}",
}


def test_it_is_read_from_the_environment() -> None:
    proxies = {"MEMBERHALL_GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8"}
    settings = load(Settings, "gateway", {**ENVIRONMENT, **proxies})
    assert settings.public_url == "https://members.test"
    assert settings.is_https
    assert not settings.is_sandbox
    assert settings.cookie_keys == ("n" * 32, "o" * 32)
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMBERHALL_GATEWAY_COOKIE_KEYS", ""),
        ("MEMBERHALL_GATEWAY_COOKIE_KEYS", "short"),
        ("MEMBERHALL_GATEWAY_COOKIE_KEYS", f"{'n' * 32},short"),
        ("MEMBERHALL_GATEWAY_COOKIE_KEYS", ","),
        ("MEMBERHALL_GATEWAY_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("MEMBERHALL_GATEWAY_TRUSTED_PROXIES", "proxy.test"),
        ("MEMBERHALL_PUBLIC_URL", "members.test"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(Settings, "gateway", {**ENVIRONMENT, name: value})
