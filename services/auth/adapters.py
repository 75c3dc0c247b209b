"""argon2id, the one outside party that auth has."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.domain.passwords import PasswordHash
from services.auth.domain.sessions import Check


class Passwords:
    """Hashing and checking passwords: about 17 ms of a core and 19 MiB each, so never on the loop.

    The parameters are the second of OWASP's recommended sets (Password Storage Cheat Sheet).
    """

    def __init__(self, time_cost: int = 2, memory_cost: int = 19_456, parallelism: int = 1) -> None:
        self._hasher = PasswordHasher(time_cost, memory_cost, parallelism)
        # Checked where there is no user, so that an unknown address takes as long as a known one.
        self._nobody = self._hasher.hash(b"nobody has this password")

    def hash(self, password: str) -> PasswordHash:
        return PasswordHash(self._hasher.hash(_bytes(password)))

    def check(self, held: PasswordHash | None, password: str) -> Check:
        """Compare a password with a user's hash, or with nobody's; the work is the same."""
        against = held or self._nobody
        try:
            self._hasher.verify(against, _bytes(password))
        except (VerificationError, InvalidHashError):
            return Check(is_right=False)
        if held is None:
            return Check(is_right=False)
        outdated = self._hasher.check_needs_rehash(held)
        return Check(is_right=True, fresh_hash=self.hash(password) if outdated else None)


def _bytes(password: str) -> bytes:
    # JSON can carry half a surrogate pair; it is hashed as received like everything else.
    return password.encode("utf-8", "surrogatepass")
