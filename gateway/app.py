"""The application: what every request goes through, and where its views are found."""

import os
import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

from flask import Flask, g, get_flashed_messages, request

from chassis import clock, config
from chassis.client import Client
from chassis.logs import start_logging
from gateway import (
    api,
    assets,
    business_time,
    doorway,
    errors,
    formats,
    limits,
    notes,
    pages,
    probes,
    webhooks,
)
from gateway.access import me_if_known
from gateway.aliases import Aliases
from gateway.api.describing import describe
from gateway.asking import Bus, Gateway, gateway
from gateway.security.headers import csp_nonce
from gateway.security.proxies import TrustedProxies
from gateway.session import CHANGED, ENDED, Sessions
from gateway.settings import Settings


def create_app(settings: Settings, client: Bus | None = None) -> Flask:
    """The WSGI application. Without a `client` it makes one, which `start` must start."""
    app = Flask(__name__)
    sessions = Sessions()
    app.extensions["memberhall"] = Gateway(
        settings=settings,
        bus=client or _client(settings, sessions),
        sessions=sessions,
        aliases=Aliases(settings),
    )
    _configure(app, settings)
    limits.limit_forms(app, settings.largest_body)
    app.before_request(doorway.enter)
    app.after_request(doorway.leave)
    _register_views(app)
    errors.register(app)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]  # Flask documents wrapping it so
    return app


def start(app: Flask) -> None:
    """Connect this process to the bus; after forking, because threads do not survive a fork."""
    app.extensions["memberhall"].bus.start()


def stop(app: Flask) -> None:
    """Leave the bus."""
    app.extensions["memberhall"].bus.stop()


def _client(settings: Settings, sessions: Sessions) -> Client:
    def hear(wire: str, body: dict[str, Any]) -> None:
        sessions.hear(wire, body)
        business_time.hear(wire, body)

    def forget_and_read() -> None:
        sessions.drop_all()
        if settings.is_sandbox:
            business_time.read_soon(client)

    client = Client(
        principal=settings.principal,
        broker_url=settings.broker_url,
        private_key=settings.private_key,
        broadcasts=(CHANGED, ENDED, business_time.ADVANCED),
        on_broadcast=hear,
        on_reconnect=forget_and_read,
    )
    return client


def _configure(app: Flask, settings: Settings) -> None:
    notes.take_notes(app, settings)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    formats.install(app.jinja_env)
    app.jinja_env.globals.update(asset=assets.address)
    app.context_processor(_for_templates)


def _for_templates() -> dict[str, Any]:
    """What every template may use beside its own variables; layout/base.html names them."""
    settings = gateway().settings
    return {
        "me": me_if_known(),
        "brand": g.get("site", gateway().aliases.main),
        "sandbox": settings.is_sandbox,
        "mailbox_url": settings.mailbox_url or None,
        "csp_nonce": csp_nonce(),
        "path": request.path,
        "flashes": _flashes(),
        "request_id": g.request_id,
        "now": clock.now(),
    }


def _flashes() -> list[dict[str, str]]:
    """What the page before left to be said; never to a page that only brings itself up to date."""
    if "HX-Request" in request.headers:
        return []
    said: Any = get_flashed_messages(with_categories=True)
    return [{"kind": kind, "text": text} for kind, text in said]


def _register_views(app: Flask) -> None:
    app.register_blueprint(probes.probes)
    app.register_blueprint(webhooks.webhooks)
    for module in _modules(pages):
        app.register_blueprint(module.pages)
    describe(app, [module.operations for module in _modules(api) if hasattr(module, "operations")])


def _modules(package: ModuleType) -> list[ModuleType]:
    """The modules of a folder of views; a new file is found without being listed anywhere."""
    names = sorted(each.name for each in pkgutil.iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


def __getattr__(name: str) -> Flask:
    """`gateway.app:application`, made from the environment when gunicorn asks for it."""
    if name != "application":
        raise AttributeError(name)
    settings = config.load(Settings, "gateway", os.environ)
    start_logging("gateway", settings.log_level)
    return create_app(settings)
