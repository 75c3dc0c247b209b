"""A page to render, the readers it can have, and the variables that every page gets."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway import formats
from tests.gateway.sample_pages.values import NOW, Row, an_id

FOLDER = Path(formats.__file__).parent / "templates"


@dataclass(frozen=True)
class Page:
    """One page to render: which template, for whom, at which path, with what."""

    name: str
    template: str
    path: str
    reader: str = "visitor"
    variables: Row = field(default_factory=dict)


@cache
def environment() -> Environment:
    """As the gateway's, but a variable that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats.install(made)
    made.globals["asset"] = lambda path: f"/static/{path}"
    return made


def render(page: Page, **changed: Any) -> str:
    """The page as text; `changed` replaces variables of every page."""
    given = {**for_every_page(page), **page.variables, **changed}
    return environment().get_template(page.template).render(given)


def for_every_page(page: Page) -> Row:
    """What the gateway gives to every page, as layout/base.html says."""
    return {
        "brand": {"name": "Linden Hall", "accent": "#146c5c"},
        "sandbox": True,
        "mailbox_url": "http://127.0.0.1:8025/mailbox",
        "me": READERS[page.reader],
        "csp_nonce": "bm9uY2Ugb2YgYSBzYW1wbGU",
        "path": page.path,
        "flashes": [],
        "request_id": str(an_id(900)),
        "now": NOW,
    }


READERS: dict[str, Row | None] = {
    "visitor": None,
    "member": {
        "name": "Ada Moreau",
        "email": "ada.moreau@example.org",
        "roles": ["member"],
        "time_zone": "Europe/Paris",
    },
    "operator": {
        "name": "Olu Adeyemi",
        "email": "olu@lindenhall.example",
        "roles": ["member", "operator"],
        "time_zone": "America/New_York",
    },
}
