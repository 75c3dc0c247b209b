"""What a run came to, to be read by people."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.checks.history import DEAD, SUCCEEDED, Violation
from tests.chaos.checks.timeline import timeline
from tests.chaos.checks.zombies import zombies
from tests.chaos.run import Outcome
from tests.chaos.watching import Recovery

TOLD_JOBS = 10  # timelines of violated jobs that are printed


def broken_promises(outcome: Outcome) -> list[Recovery]:
    """Recoveries that took longer than promised, with everything excused."""
    return [each for each in outcome.recoveries if not each.is_kept]


def is_clean(outcome: Outcome) -> bool:
    return not outcome.violations and not broken_promises(outcome)


def report(outcome: Outcome) -> list[str]:
    """Lines of the whole report."""
    return [*_faults(outcome), "", *_numbers(outcome), "", *_verdict(outcome)]


def _faults(outcome: Outcome) -> Iterator[str]:
    yield "Faults and recoveries"
    by_fault: dict[str, list[Recovery]] = defaultdict(list)
    for recovery in outcome.recoveries:
        by_fault[recovery.fault].append(recovery)
    done = Counter(window.fault for window in outcome.scene.windows)
    for fault, times in sorted(done.items(), key=lambda each: _order(each[0])):
        yield f"  {fault}" + (f", {times} times" if times > 1 else "")
        yield from map(_recovery, by_fault[fault])
    for fault, reason in outcome.scene.skipped.items():
        yield f"  {fault}: SKIPPED, {reason}"
    yield from (f"  note: {note}" for note in outcome.scene.notes)


def _recovery(recovery: Recovery) -> str:
    took = "never" if recovery.seconds is None else f"{recovery.seconds:.2f} s"
    line = f"      {recovery.what:32} {took:>8}, at most {recovery.bound:g} s"
    if recovery.seconds is None or recovery.seconds > recovery.bound:
        allowed = f" + {recovery.excused:.1f} s ({recovery.why_excused})"
        return f"{line}{allowed if recovery.is_kept else f'{allowed} EXCEEDED'}"
    return line


def _numbers(outcome: Outcome) -> Iterator[str]:
    history, seen, tally = outcome.history, outcome.seen, outcome.tally
    ended = Counter(job.outcome for job in history.done)
    attempts = Counter(
        f"{attempt.outcome} ({attempt.error.strip().splitlines()[-1][:60]})"
        for attempt in history.attempts
    )
    behind = Counter(zombie.fault or "NOTHING" for zombie in zombies(history))
    again = sum(times - 1 for times in history.effects.values())
    yield "Numbers"
    yield (
        f"  jobs      {len(history.accepted)} accepted, {ended[SUCCEEDED]} succeeded,"
        f" {ended[DEAD]} dead, {len(history.live)} not ended"
    )
    yield f"  runs      {len(history.bodies)} bodies, {len(history.attempts)} attempts in vain:"
    yield from (f"              {number} {why}" for why, number in attempts.most_common(12))
    yield f"  repeats   {tally.repeats} known as such; asked again for {_told(tally.asked_again)}"
    yield f"  unique    {tally.stood_for} that a live one stood for"
    yield f"  effects   {len(history.effects)} written once, {again} times found there already"
    kept = history.promises
    words = Counter(kept.cancels.values())
    yield (
        f"  tied      {len(kept.needs)} needs, {len(kept.groups)} groups,"
        f" cancels answered {_told(words)}"
    )
    yield f"  fires     {len(history.fires)}"
    yield f"  zombies   {_told(behind)}"
    yield f"  stale     {outcome.stale} completions refused"
    yield (
        f"  waits     longest ready {seen.longest_wait:.1f} s,"
        f" {seen.longest_wait_when_calm:.1f} s when calm;"
        f" slowest acceptance {tally.slowest:.1f} s"
    )
    yield f"  claims    {_percentiles(outcome.claims)}"
    yield f"  samples   {seen.samples}, and {seen.missed} while the server was away"


def _verdict(outcome: Outcome) -> Iterator[str]:
    plan = outcome.plan
    again = f"seed {plan.seed}, {plan.seconds:g} s at {plan.rate:g} jobs a second"
    if is_clean(outcome):
        yield f"Everything holds ({again})."
        return
    yield f"VIOLATED ({again}):"
    for recovery in broken_promises(outcome):
        yield f"  recovery  {recovery.fault}: {recovery.what}"
    for (invariant, _), found in _grouped(outcome.violations).items():
        yield f"  {invariant:9} {found[0].text}" + (f" (x {len(found)})" if found[1:] else "")
    for uid in list(dict.fromkeys(each.uid for each in outcome.violations if each.uid))[:TOLD_JOBS]:
        yield f"\n  job {uid}"
        yield from (
            f"    {each.invariant}: {each.text}" for each in outcome.violations if each.uid == uid
        )
        yield from (f"    {line}" for line in timeline(outcome.history, uid))


def _grouped(violations: Sequence[Violation]) -> dict[tuple[str, str], list[Violation]]:
    """Alike ones together: those that differ in numbers and uids only."""
    groups: dict[tuple[str, str], list[Violation]] = defaultdict(list)
    for violation in violations:
        alike = "".join(sign for sign in violation.text if not sign.isdigit())[:40]
        groups[violation.invariant, alike].append(violation)
    return groups


def _percentiles(values: list[float]) -> str:
    if not values:
        return "none were measured"
    ordered = sorted(values)
    p50, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {ordered[-1]:.1f} ms, of {len(ordered)}"


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common()) or "none"


def _order(fault: str) -> tuple[int, str]:
    number = fault.partition(" ")[0].strip("Fb")
    return int(number), fault
