"""How a step is chosen: by chance, all alike, and the three of a job's life more often.

Hypothesis switches its own rules off for whole examples, and prefers to repeat itself; a job's life
needs nearly all of them, so the seed alone is left to it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, ClassVar

from hypothesis.stateful import rule

from tests.jobs.invariants import Checked

OFTEN = 3 * ("enqueue", "claim", "finish")
ANY = range(1_000_000)


def always(machine: Any) -> bool:
    return True


def step(when: Callable[[Any], Any], /, **arguments: Sequence[Any]) -> Any:
    """A step, as likely as any other whenever it is possible, with one of each of the arguments."""

    def mark(method: Any) -> Any:
        method.step = (when, arguments)
        return method

    return mark


class Stepping(Checked):
    """Takes the steps that its class marks, and counts them over all examples."""

    chance: Random
    steps: ClassVar[Counter[str]] = Counter()

    @rule()
    def take_a_step(self) -> None:
        steps = [
            each
            for each in vars(type(self)).values()
            if hasattr(each, "step") and each.step[0](self)
        ]
        often = [each for name in OFTEN for each in steps if each.__name__ == name]
        chosen = self.chance.choice([*steps, *often])
        self.steps[chosen.__name__] += 1
        drawn = {name: self.chance.choice(among) for name, among in chosen.step[1].items()}
        chosen(self, **drawn)


def pick(place: int, among: list[Any]) -> Any:
    """One of many that are known at the step alone; None of none."""
    return among[(place * 7919) % len(among)] if among else None
