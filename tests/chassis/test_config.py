import base64
from dataclasses import dataclass

import pytest

from chassis.config import ServiceSettings, SettingsError, load, setting

KEY = base64.b64encode(bytes(32)).decode()


@dataclass(frozen=True, kw_only=True)
class ShopSettings(ServiceSettings):
    sender: str = setting()
    eager: bool = setting(default=False)


def an_environment(**changes):
    environment = {
        "MEMBERHALL_PUBLIC_URL": "https://shop.example/",
        "MEMBERHALL_PUBLIC_KEYS": f'{{"shop": ["{KEY}"]}}',
        "MEMBERHALL_SHOP_BROKER_URL": "amqp://localhost",
        "MEMBERHALL_SHOP_DATABASE_URL": "postgresql://localhost/x",
        "MEMBERHALL_SHOP_PRIVATE_KEY": KEY,
        "MEMBERHALL_SHOP_SENDER": "shop@example.com",
    }
    return environment | changes


def test_settings_come_from_the_environment_with_their_types():
    settings = load(
        ShopSettings,
        "shop",
        an_environment(MEMBERHALL_SHOP_WORKERS="3", MEMBERHALL_RETRY_DELAYS="5,10"),
    )

    assert settings.workers == 3
    assert settings.retry_delays == (5, 10)
    assert settings.public_url == "https://shop.example"
    assert settings.mode == "production"


def test_every_fault_is_told_at_once():
    environment = an_environment(
        MEMBERHALL_MODE="test",
        MEMBERHALL_SHOP_WORKERS="many",
        MEMBERHALL_SHOP_PRIVATE_KEY="!",
        MEMBERHALL_SHOP_EAGER="perhaps",
    )
    del environment["MEMBERHALL_SHOP_SENDER"]

    with pytest.raises(SettingsError) as faults:
        load(ShopSettings, "shop", environment)

    for name in ("MODE", "SHOP_WORKERS", "SHOP_PRIVATE_KEY", "SHOP_EAGER", "SHOP_SENDER is"):
        assert f"MEMBERHALL_{name}" in str(faults.value)


def test_settings_cannot_be_changed_later():
    settings = load(ShopSettings, "shop", an_environment())

    with pytest.raises(AttributeError):
        settings.workers = 5
