"""What was measured, as Markdown: medians with the least and the most, ratios, and who loses."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from benchmarks.figures import Figures

OURS = "Memberhall"
BRIEF_IDEAL = 2000.0  # jobs a second of two workers

DRAIN_COLUMNS = (
    "jobs a second",
    "overall",
    "ours to it",
    "µs of processor a job: workers + PostgreSQL + broker",
    "log bytes",
    "commits",
    "preload/s",
    "lost, repeated",
)


class Target(NamedTuple):
    """What is to be reached; `reached` is None where the part was not measured."""

    what: str
    goal: float
    unit: str
    reached: float | None
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        assert self.reached is not None
        return self.reached >= self.goal if self.at_least else self.reached <= self.goal


class Report:
    """Tables of all parts that have figures."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def lines(self) -> Iterable[str]:
        """Every table that there are figures for."""
        yield from self._drains()
        yield from self._latencies()
        for part in ("brief", "scale", "limits"):
            yield from self._rates(part)
        yield from self._others()
        yield from self._targets()
        yield from self._losses()

    def _drains(self) -> Iterable[str]:
        names = self._contenders("drain ", " overall")
        if not names:
            return
        yield from ("", _row("no-op drain", *DRAIN_COLUMNS), "| --- " * 9 + "|")
        for name in names:
            key = f"drain {name}"
            costs = " + ".join(
                f"{self._median(f'{key} {who}'):.0f}" for who in ("workers", "postgres", "broker")
            )
            yield _row(
                name,
                self._spread(key),
                self._spread(f"{key} overall"),
                self._ratio("drain", name),
                costs,
                f"{self._median(f'{key} log_bytes'):,.0f}",
                f"{self._median(f'{key} commits'):.3f}",
                f"{self._median(f'{key} preload'):,.0f}",
                f"{self._median(f'{key} lost or repeated'):.0f}",
            )

    def _latencies(self) -> Iterable[str]:
        names = self._contenders("latency ", " p50")
        if not names:
            return
        yield from ("", "| due to start, 100/s, ms | p50 | p99 | lost, repeated |")
        yield "| --- | --- | --- | --- |"
        for name in names:
            key = f"latency {name}"
            lost = f"{self._median(f'{key} lost or repeated'):.0f}"
            yield _row(name, self._spread(f"{key} p50"), self._spread(f"{key} p99"), lost)

    def _rates(self, part: str) -> Iterable[str]:
        names = self._contenders(f"{part} ", " overall") or self._contenders(f"{part} ", "")
        if not names:
            return
        yield from ("", f"| {part} | jobs a second | to the first |", "| --- | --- | --- |")
        first = self._median(f"{part} {names[0]}")
        for name in names:
            key = f"{part} {name}"
            share = f"{self._median(key) / first:.2f}"
            yield _row(name, self._spread(key), share)

    def _others(self) -> Iterable[str]:
        """Figures that stand for themselves."""
        parts = ("drain ", "latency ", "brief ", "scale ", "limits ")
        names = [each for each in self._figures.names if not each.startswith(parts)]
        if names:
            yield from ("", "| | median (least..most) |", "| --- | --- |")
        for name in names:
            yield _row(name, self._spread(name, digits=2))

    def _targets(self) -> Iterable[str]:
        found = [each for each in self.targets() if each.reached is not None]
        if found:
            yield from ("", "| target | goal | reached | |", "| --- | --- | --- | --- |")
        for each in found:
            sign = "≥" if each.at_least else "≤"
            goal, reached = f"{sign} {each.goal:g} {each.unit}", f"{each.reached:.3g} {each.unit}"
            yield _row(each.what, goal, reached, "met" if each.is_met else "**missed**")

    def _losses(self) -> Iterable[str]:
        lost = [*self._slower("drain", "", max), *self._slower("latency", " p50", min)]
        lost += self._slower("latency", " p99", min)
        lost += [
            f"{each.what}: {each.reached:.3g} {each.unit}, goal {each.goal:g}"
            for each in self.targets()
            if each.reached is not None and not each.is_met
        ]
        if self._figures.names:
            yield from ("", "Where we lose:" if lost else "Nothing of this is lost to anybody.", "")
        yield from (f"- {each}" for each in lost)

    def targets(self) -> Sequence[Target]:
        """What the issue asks for, beside what was reached."""
        rate, ratio = self._maybe, self._drain_ratio
        brief = rate(f"brief {OURS}")
        scaled = [self._scaled("4 x 1", "1 x 4"), self._scaled("2 x 2", "1 x 4")]
        limited = self._quotient("limits all", "limits none")
        return (
            Target("drain to PgQueuer's", 1.2, "times", ratio("PgQueuer"), True),
            Target("drain to Dramatiq's", 2.5, "times", ratio("Dramatiq"), True),
            Target("drain to Celery's", 8, "times", ratio("Celery"), True),
            Target(
                "1-ms jobs of the ideal", 90, "%", brief and 100 * brief / BRIEF_IDEAL, True
            ),
            Target("start latency p50", 2, "ms", rate(f"latency {OURS} p50")),
            Target("start latency p99", 6, "ms", rate(f"latency {OURS} p99")),
            Target("two nodes to one, four workers in all", 0.97, "times", scaled[1], True),
            Target("four nodes to one, four workers in all", 0.97, "times", scaled[0], True),
            Target("four nodes to one, two workers each", 0.97, "times",
                   self._scaled("4 x 2", "1 x 2"), True),
            Target("limits on, none binding", 0.8, "times", limited, True),
            Target("idle cluster of four nodes", 2, "% of a core", rate("idle all")),
            Target("agent", 80, "MiB", self._worst("agent resident")),
            Target("child", 60, "MiB", self._worst("child resident")),
            Target("claim p99, big tables", 10, "ms", rate("claim big p99")),
            Target("drain, big tables to small", 0.9, "times",
                   self._quotient("drain big", "drain small"), True),
        )  # fmt: skip

    def _slower(self, part: str, what: str, best: Callable[[float, float], float]) -> Iterable[str]:
        ours = self._maybe(f"{part} {OURS}{what}")
        for name in self._contenders(f"{part} ", what or " overall"):
            theirs = self._median(f"{part} {name}{what}")
            if ours is not None and not name.startswith(OURS) and best(ours, theirs) != ours:
                yield f"{part}{what} to {name}: {ours:,.4g} to its {theirs:,.4g}"

    def _contenders(self, start: str, end: str) -> list[str]:
        names = [each for each in self._figures.names if each.startswith(start)]
        names = [each[len(start) :] for each in names if each.endswith(end)]
        return [each.removesuffix(end) for each in names]

    def _scaled(self, more: str, one: str) -> float | None:
        return self._quotient(f"scale {more}", f"scale {one}")

    def _drain_ratio(self, name: str) -> float | None:
        return self._quotient(f"drain {OURS}", f"drain {name}")

    def _quotient(self, mine: str, theirs: str) -> float | None:
        if mine not in self._figures.names or theirs not in self._figures.names:
            return None
        return self._figures.ratio(mine, theirs)

    def _ratio(self, part: str, name: str) -> str:
        found = self._quotient(f"{part} {OURS}", f"{part} {name}")
        return "" if found is None else f"{found:.2f}"

    def _worst(self, end: str) -> float | None:
        names = [each for each in self._figures.names if each.endswith(end)]
        return max((self._median(each) for each in names), default=None)

    def _maybe(self, name: str) -> float | None:
        return self._median(name) if name in self._figures.names else None

    def _median(self, name: str) -> float:
        return self._figures.median(name)

    def _spread(self, name: str, digits: int | None = None) -> str:
        middle, least, most = self._figures.spread(name)
        if digits is None:
            digits = 0 if middle >= 100 else 2
        return f"{middle:,.{digits}f} ({least:,.{digits}f}..{most:,.{digits}f})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
