"""What billing reads from its environment beside what every service does."""

from dataclasses import dataclass
from pathlib import Path

from chassis.config import ServiceSettings, parse_url, setting

CATALOG = Path(__file__).with_name("catalog.toml")


def parse_receiver_id(text: str) -> str:
    """PayPal's merchant id: 13 capital letters and digits."""
    if len(text) != 13 or not text.isascii() or not text.isalnum() or text != text.upper():
        raise ValueError(f"is {text!r}, must be 13 capital letters and digits")
    return text


def parse_business(text: str) -> str:
    if "@" not in text:
        raise ValueError(f"is {text!r}, must be the merchant's e-mail address at PayPal")
    return text


def parse_lines(text: str) -> tuple[str, ...]:
    """ "12 High Street; Springfield" is an address of two lines."""
    return tuple(line.strip() for line in text.split(";") if line.strip())


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """`paypal_url` is where forms go, `paypal_verify_url` where messages are posted back to."""

    paypal_url: str = setting(parse=parse_url)
    paypal_verify_url: str = setting(parse=parse_url)
    paypal_business: str = setting(parse=parse_business)
    paypal_receiver_id: str = setting(parse=parse_receiver_id)
    catalog: Path = setting(default=CATALOG)
    seller_name: str = setting(default="Memberhall")
    seller_address: tuple[str, ...] = setting(default=(), parse=parse_lines)
