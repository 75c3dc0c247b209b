"""Where the mailbox keeps its letters: in memory, the newest thousand."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime

from sandbox.mailbox.letters import Letter

KEPT = 1000


class Shelf:
    """Letters by id, oldest first inside, newest first for whoever asks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._letters: dict[str, Letter] = {}

    def take_in(
        self, sender: str, recipients: tuple[str, ...], source: bytes, at: datetime
    ) -> Letter:
        with self._changed:
            letter = Letter(
                id=str(next(self._numbers)),
                sender=sender,
                recipients=recipients,
                received_at=at,
                source=source,
            )
            self._letters[letter.id] = letter
            while len(self._letters) > KEPT:
                del self._letters[next(iter(self._letters))]
            self._changed.notify_all()
        return letter

    def letter(self, letter_id: str) -> Letter | None:
        with self._changed:
            return self._letters.get(letter_id)

    def letters(self, to: str = "") -> list[Letter]:
        """Newest first; `to` is a whole address, or any part of one without an @."""
        with self._changed:
            return [one for one in reversed(self._letters.values()) if not to or one.is_to(to)]

    def wait_for(self, to: str, at_least: int, seconds: float) -> list[Letter]:
        """As `letters`, but first wait until there are so many, or until `seconds` are over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.letters(to)) >= at_least, timeout=seconds)
            return self.letters(to)

    def clear(self) -> None:
        with self._changed:
            self._letters.clear()
