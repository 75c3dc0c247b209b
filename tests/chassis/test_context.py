import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.context import LIFETIME, Caller, Signer, Verifier
from chassis.errors import Denied
from chassis.ids import new_id


def a_key():
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


PRIVATE, PUBLIC = a_key()
OLD_PRIVATE, OLD_PUBLIC = a_key()
VERIFIER = Verifier({"gateway": (PUBLIC, OLD_PUBLIC), "billing": (a_key()[1],)})


def a_caller():
    return Caller(
        principal="gateway",
        request_id="r-1",
        user_id=new_id(),
        account_id=new_id(),
        site_id=new_id(),
        roles=frozenset({"member"}),
        authenticated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_a_context_arrives_as_it_was_signed():
    caller = a_caller()

    assert VERIFIER.caller(Signer("gateway", PRIVATE).context(caller, "auth"), "auth") == caller


def test_a_key_that_was_replaced_still_verifies():
    token = Signer("gateway", OLD_PRIVATE).context(a_caller(), "auth")

    assert VERIFIER.caller(token, "auth").principal == "gateway"


def test_nobody_can_sign_in_anothers_name():
    token = Signer("billing", PRIVATE).context(a_caller(), "auth")

    with pytest.raises(Denied, match="signature_wrong"):
        VERIFIER.caller(token, "auth")


def test_a_context_is_for_one_service_only():
    token = Signer("gateway", PRIVATE).context(a_caller(), "billing")

    with pytest.raises(Denied, match="context_misdirected"):
        VERIFIER.caller(token, "auth")


def test_a_context_ends_after_a_minute(monkeypatch):
    token = Signer("gateway", PRIVATE).context(a_caller(), "auth")
    later = time.time() + LIFETIME + 1
    monkeypatch.setattr(time, "time", lambda: later)

    with pytest.raises(Denied, match="context_expired"):
        VERIFIER.caller(token, "auth")


@pytest.mark.parametrize("token", ["", "a.b", "x", "é.é", "bm8.bm8", "e30.e30"])
def test_what_is_no_context_is_refused(token):
    with pytest.raises(Denied):
        VERIFIER.caller(token, "auth")


def test_a_changed_role_breaks_the_signature():
    signer = Signer("gateway", PRIVATE)
    payload = signer.context(a_caller(), "auth").split(".")[0]
    other = signer.context(Caller(principal="gateway", request_id="r"), "auth").split(".")[1]

    with pytest.raises(Denied, match="signature_wrong"):
        VERIFIER.caller(f"{payload}.{other}", "auth")
