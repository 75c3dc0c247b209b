"""Which passwords may be chosen (ID-16; OWASP ASVS 5.0, 6.2): long enough and not the known ones.

No composition rules, and a password is checked and hashed exactly as received: nothing is trimmed,
folded or normalised on its way to the hash.
"""

from typing import NewType

from chassis.errors import Invalid
from services.auth.domain.common_passwords import COMMON_PASSWORDS

# A password that went through argon2id already, so that none in clear reaches a command.
PasswordHash = NewType("PasswordHash", str)

SHORTEST = 8  # characters
LONGEST = 1024

BRAND = "memberhall"
# A word about the site or the person is no password with so few characters added to it.
FEW = 4


def password_faults(password: str, canonical_email: str | None) -> list[str]:
    """What is wrong with a chosen password, as sentences; empty when it may be used."""
    if len(password) < SHORTEST:
        return [f"Use at least {SHORTEST} characters."]
    if len(password) > LONGEST:
        return [f"Use at most {LONGEST} characters."]
    folded = password.casefold()
    if folded in COMMON_PASSWORDS:
        return ["This is one of the most used passwords, which are tried first."]
    if _is_little_more_than(BRAND, folded):
        return ["This is little more than the name of this site."]
    local_part = (canonical_email or "").rpartition("@")[0]
    if folded == canonical_email or _is_little_more_than(local_part, folded):
        return ["This is little more than your e-mail address."]
    return []


def require_acceptable(password: str, canonical_email: str) -> None:
    """Raise Invalid, naming the reason, unless the password may be used for this address."""
    if faults := password_faults(password, canonical_email):
        raise Invalid("password_refused", "Choose another password.", {"/password": faults})


def _is_little_more_than(word: str, folded: str) -> bool:
    return len(word) >= FEW and word in folded and len(folded.replace(word, "")) < FEW
