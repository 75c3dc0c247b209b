"""What the notifications service reads from the environment."""

from dataclasses import dataclass

from chassis.config import ServiceSettings, setting
from services.notifications.adapters.smtp import Server
from services.notifications.domain.wording import Sender, read_sender


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """The mail server, and in whose name mails go out.

    `smtp_url` is smtp://, smtp+starttls:// or smtps:// with user and password where needed;
    `sender` is "Brand <address>", and the brand is the one that mails show.
    """

    smtp_url: Server = setting(parse=Server.from_url)
    sender: Sender = setting(parse=read_sender)
