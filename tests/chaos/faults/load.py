"""F16 and F20: what the producers and the bodies themselves can do wrong."""

from chassis.errors import Failure, Invalid
from tests.chaos.scene import Fault

POISON = (
    "chaos.segfault",
    "chaos.bomb",
    "chaos.wrong_result",
    "chaos.wrong_text",
    "chaos.leave",
    "chaos.hang",
    "chaos.fork",
)


class Duplicates(Fault):
    number, title = "F16", "everything is asked for three times, in another order"
    expects = "each repeat is known as one, nothing runs for it"
    in_short = True
    hold = (4.0, 15.0)

    def do(self) -> None:
        self.scene.driver.duplicating.set()

    def undo(self) -> None:
        self.scene.driver.duplicating.clear()
        if not self.scene.driver.tally.repeats:
            self.scene.accuse("I1", "no repeat was ever answered")


class Poison(Fault):
    number, title = "F20", "poisonous bodies, and too much to carry"
    expects = "they hurt only themselves and end dead with a reason; 10 MB are refused"
    in_short = True

    def do(self) -> None:
        uids = self.scene.driver.submit(*POISON)
        self._refuse_too_much()
        marks = ", ".join(["%s::uuid"] * len(uids))
        self.recovers(
            "all of them ended",
            30.0,
            lambda: (
                self.scene.world.value(f"SELECT count(*) FROM done WHERE uid IN ({marks})", *uids)
                == len(uids)
            ),
        )

    def _refuse_too_much(self) -> None:
        try:
            self.scene.driver.submit_unchecked("chaos.noop", args={"much": "x" * 10_000_000})
        except Invalid:
            return
        except Failure as failure:
            self.scene.notes.append(f"F20: 10 MB of arguments were answered {failure}")
            return
        self.scene.accuse("F20", "10 MB of arguments were accepted")
