"""The application: what every request goes through, and where its views are found."""

import os
import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any

import structlog
from flask import Flask, Response, g, get_flashed_messages, request

from chassis import clock, config
from chassis.client import Client
from chassis.ids import new_id
from chassis.logs import log, start_logging
from gateway import (
    api,
    assets,
    business_time,
    errors,
    formats,
    limits,
    pages,
    probes,
    tracking,
    webhooks,
)
from gateway.access import me_if_known
from gateway.aliases import Aliases
from gateway.api.describing import describe
from gateway.asking import Bus, Gateway, gateway
from gateway.security.csrf import check_origin
from gateway.security.headers import add_headers, csp_nonce
from gateway.security.proxies import TrustedProxies
from gateway.session import ENDED, Sessions
from gateway.settings import Settings

# Probes come to a process' own address and providers' messages to whichever reaches us; neither
# shows a site to anybody.
ANY_HOST = ("/healthz", "/readyz", "/webhooks/")
LONGEST_PARENT = 128  # characters of a client's own request id that logs keep


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
    app.before_request(_begin)
    app.before_request(_admit)
    app.before_request(limits.read_body)
    app.before_request(tracking.begin_visit)
    app.after_request(_finish)
    app.after_request(tracking.finish_visit)
    app.after_request(assets.keep)
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
        broadcasts=(ENDED, business_time.ADVANCED),
        on_broadcast=hear,
        on_reconnect=forget_and_read,
    )
    return client


def _configure(app: Flask, settings: Settings) -> None:
    host_only = "__Host-" if settings.is_https else ""
    app.config.update(
        # Flask's own signed cookie carries what the next page shall say, and nothing else.
        SECRET_KEY=settings.cookie_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.cookie_keys[1:]),
        SESSION_COOKIE_NAME=f"{host_only}notes",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PREFERRED_URL_SCHEME="https" if settings.is_https else "http",
    )
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
    """What the page before left to be said."""
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


def _begin() -> None:
    """Every request gets an id of our own; a client's is only kept beside it (GW-12)."""
    g.request_id = str(new_id())
    g.started_at = datetime.now(UTC)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process="gateway", request_id=g.request_id)
    parent = request.headers.get("X-Request-Id", "")
    if parent.isascii() and parent.isprintable() and 0 < len(parent) <= LONGEST_PARENT:
        structlog.contextvars.bind_contextvars(parent_request_id=parent)


def _admit() -> Response | None:
    """Only hosts that we serve are answered as a site, and only our own pages may change things."""
    aliases = gateway().aliases
    if request.path.startswith(ANY_HOST):
        g.site = aliases.main
        return None
    site = aliases.find(request.headers.get("Host", ""))
    if site is None:
        return Response("This host is not served here.\n", 421, content_type="text/plain")
    g.site = site
    check_origin(site.origin)
    return None


def _finish(response: Response) -> Response:
    """Headers, and a line in the log for what changed something or failed."""
    add_headers(response, is_https=gateway().settings.is_https)
    if request.method not in ("GET", "HEAD") or response.status_code >= 500:
        log.info(
            "answered",
            method=request.method,
            path=request.path,
            status=response.status_code,
            seconds=round((datetime.now(UTC) - g.started_at).total_seconds(), 4),
        )
    return response


def __getattr__(name: str) -> Flask:
    """`gateway.app:application`, made from the environment when gunicorn asks for it."""
    if name != "application":
        raise AttributeError(name)
    settings = config.load(Settings, "gateway", os.environ)
    start_logging("gateway", settings.log_level)
    return create_app(settings)
