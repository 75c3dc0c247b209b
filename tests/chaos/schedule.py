"""Which fault comes when: drawn from the seed, so that a run can be had again."""

import random
from collections.abc import Collection, Iterator

from tests.chaos.faults import ALL
from tests.chaos.scene import Fault

SHORT = 180.0  # seconds below which a run has only the short faults, each once
PAUSES = {True: (5.0, 15.0), False: (0.3, 1.5)}  # seconds between faults, long and short


def is_long(seconds: float) -> bool:
    return seconds >= SHORT


def planned(
    seconds: float, chance: random.Random, only: Collection[str] = ()
) -> Iterator[tuple[float, type[Fault]]]:
    """A pause in seconds and the fault after it, again and again; each fault once a round."""
    long = is_long(seconds)
    while True:
        kinds = [each for each in ALL if (each.number in only if only else long or each.in_short)]
        chance.shuffle(kinds)
        # The death of a whole node takes its lease's time to be noticed: others go on meanwhile.
        kinds.sort(key=lambda each: not long and each.number != "F3")
        for each in kinds:
            yield chance.uniform(*PAUSES[long]), each
        if not long:
            return
