"""auth's doors: who people are, how they prove it, and who is logged in."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import Service, command, every, query
from chassis.context import Caller
from services.auth import queries, schemas
from services.auth.adapters import Passwords
from services.auth.commands import (
    confirmation,
    people,
    pruning,
    recovery,
    sessions,
    sign_up,
    tries,
)
from services.auth.domain.accounts import MAIN_SITE, may_see_user
from services.auth.domain.addresses import login_address, login_subject
from services.auth.domain.passwords import require_acceptable
from services.auth.domain.sessions import proved

Values = dict[str, Any]

# Longer than the work takes for any address, so that known and unknown ones take as long (ID-02):
# mailing costs about 5 ms, a sign-up 30 ms with its hash.
MAILING = 0.05  # seconds
SIGNING_UP = 0.1


def hash_password(self: "AuthService", _: Caller, request: Values) -> Values:
    """Hash before it is known whether the address is, so that both take as long (ID-02)."""
    return {"password": self.off_loop(self.passwords.hash, request["password"])}


def hash_new_password(self: "AuthService", caller: Caller, request: Values) -> Values:
    """Refuse a dead link and a password made of the address, before a hash is spent on them."""
    address = self.db.read(
        queries.address_to_reset, real=_real(), site_id=caller.site(), token=request["token"]
    )
    require_acceptable(request["password"], address)
    return hash_password(self, caller, request)


def hash_demo_password(self: "AuthService", _: Caller, __: Values) -> Values:
    return {"password": self.off_loop(self.passwords.hash, "demo")}


def prove_login(self: "AuthService", caller: Caller, request: Values) -> Values:
    """Count the try, then check the password; raises Denied (AB-01, ID-01)."""
    login, sandbox, site_id = request["login"], self.settings.is_sandbox, caller.site()
    subject = login_subject(login, is_sandbox=sandbox)
    self.db.transact(tries.count_login, real=_real(), site_id=site_id, subject=subject)
    canonical = login_address(login, is_sandbox=sandbox)
    held = self.db.read(queries.credentials, site_id=site_id, canonical=canonical)
    compared = held.password_hash if held else None
    check = self.off_loop(self.passwords.check, compared, request["password"])
    return {"proof": proved(held, check)}


def count_code_try(self: "AuthService", caller: Caller, request: Values) -> Values:
    """Count before comparing, and commit it: a refusal must not take the count back."""
    self.db.transact(
        confirmation.count_code_try, real=_real(), site_id=caller.site(), email=request["email"]
    )
    return {}


class AuthService(Service):
    """Accounts, users, confirmation, recovery and sessions."""

    name = "auth"
    passwords = Passwords()

    @command(schemas.SignUp, before=hash_password, takes=SIGNING_UP)
    def sign_up(self, session: Session, caller: Caller, request: Values) -> None:
        sign_up.sign_up(session, **_when(), **self._keys(), site_id=caller.site(), **request)

    @command(schemas.OneAddress, takes=MAILING)
    def resend_confirmation(self, session: Session, caller: Caller, request: Values) -> None:
        confirmation.resend_confirmation(
            session, real=_real(), **self._keys(), site_id=caller.site(), **request
        )

    @command(schemas.OneToken)
    def confirm(self, session: Session, caller: Caller, request: Values) -> None:
        confirmation.confirm(session, **_when(), site_id=caller.site(), **request)

    @command(schemas.TypedCode, before=count_code_try, takes=MAILING)
    def confirm_code(self, session: Session, caller: Caller, request: Values) -> None:
        confirmation.confirm_code(
            session, **_when(), **self._keys(), site_id=caller.site(), **request
        )

    @command(schemas.OneAddress, takes=MAILING)
    def request_password_reset(self, session: Session, caller: Caller, request: Values) -> None:
        recovery.request_password_reset(
            session, real=_real(), **self._keys(), site_id=caller.site(), **request
        )

    @command(schemas.ResetPassword, before=hash_new_password)
    def reset_password(self, session: Session, caller: Caller, request: Values) -> None:
        recovery.reset_password(session, **_when(), site_id=caller.site(), **request)

    @command(schemas.LogIn, schemas.SessionView, before=prove_login)
    def log_in(self, session: Session, caller: Caller, request: Values) -> Any:
        begun = {each: request[each] for each in ("proof", "session_hash", "user_agent", "ip")}
        sessions.log_in(session, real=_real(), site_id=caller.site(), **begun)
        return self._session(session, caller, request["session_hash"])

    @command(schemas.OneSession)
    def see_session(self, session: Session, caller: Caller, request: Values) -> None:
        sessions.see_session(session, real=_real(), site_id=caller.site(), **request)

    @command(schemas.OneSession)
    def log_out(self, session: Session, caller: Caller, request: Values) -> None:
        sessions.log_out(session, real=_real(), site_id=caller.site(), **request)

    @query(schemas.OneSession, schemas.SessionView)
    def session(self, session: Session, caller: Caller, request: Values) -> Any:
        return self._session(session, caller, request["session_hash"])

    @query(schemas.OneUser, schemas.UserView)
    def user(self, session: Session, caller: Caller, request: Values) -> Any:
        if not may_see_user(caller.principal, caller.user_id, caller.roles, request["user_id"]):
            raise queries.user_unknown()
        return queries.user(session, site_id=caller.site(), **request)

    @command(schemas.ChosenTimeZone)
    def set_time_zone(self, session: Session, caller: Caller, request: Values) -> None:
        people.set_time_zone(session, site_id=caller.site(), user_id=caller.user(), **request)

    @query(schemas.WhichToken, schemas.MailSecret, callers={"notifications"})
    def mail_secret(self, session: Session, caller: Caller, request: Values) -> Any:
        return queries.mail_secret(session, real=_real(), **self._keys(), **request)

    @query(schemas.Nothing, schemas.AccountsOverview, roles={"operator"})
    def accounts_overview(self, session: Session, caller: Caller, request: Values) -> Any:
        return queries.accounts_overview(session, now=clock.now(), site_id=caller.site())

    @command(schemas.OneAddress, callers={"console"})
    def make_operator(self, session: Session, caller: Caller, request: Values) -> None:
        people.make_operator(session, real=_real(), site_id=caller.site_id or MAIN_SITE, **request)

    @command(schemas.Nothing, callers={"console"}, before=hash_demo_password)
    def seed_demo(self, session: Session, caller: Caller, request: Values) -> None:
        site_id, is_sandbox = caller.site_id or MAIN_SITE, self.settings.is_sandbox
        people.seed_demo(
            session, now=clock.now(), site_id=site_id, is_sandbox=is_sandbox, **request
        )

    @every(600)
    def prune_accounts(self) -> None:
        self.db.transact(pruning.prune, real=_real())

    def _session(self, session: Session, caller: Caller, session_hash: str) -> queries.SessionView:
        return queries.session(
            session, real=_real(), site_id=caller.site(), session_hash=session_hash
        )

    def _keys(self) -> Values:
        return {"keys": self.settings.token_keys}


def _real() -> datetime:
    """Real time: what expires here must not expire sooner because the suite's clock was moved."""
    return datetime.now(UTC)


def _when() -> Values:
    return {"now": clock.now(), "real": _real()}
