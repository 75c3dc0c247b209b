"""`memberhall jobs watch`: a progress bar of what waits, until nothing does."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TextIO

from console.commands.clock import seconds_of
from console.commands.jobs.answers import Acts, Asking, add_listing, found
from console.progress import Progress, Reading
from console.tables import COUNTED_TO

EVERY_ON_TERMINAL, EVERY_IN_LINES = 0.5, 5.0  # seconds between looks
WAITING = ("ready", "running", "blocked")

Look = Callable[[], Reading]


def add_acts(acts: Acts) -> None:
    act = add_listing(acts, "watch", "a progress bar of what waits, until nothing does", watch)
    what = act.add_mutually_exclusive_group()
    what.add_argument("--kind", help="only the jobs of this kind")
    what.add_argument("--group", metavar="UID", help="the jobs of one group")
    act.add_argument("--for", dest="longest", type=seconds_of, help="stop after 90s, 15m or 2h")


def watch(options: argparse.Namespace, asking: Asking) -> int:
    """0 when nothing is left; 1 when time ran out, or a group ended with dead or cancelled jobs."""
    is_terminal = sys.stdout.isatty() and not options.json
    screen = Screen(sys.stdout, is_terminal=is_terminal, is_json=options.json)
    watcher = Watcher(screen, every=EVERY_ON_TERMINAL if is_terminal else EVERY_IN_LINES)
    is_done = watcher.follow(_looks_at(options, asking), longest=options.longest)
    if not is_done:
        print("time is up; jobs are left", file=sys.stderr)
        return 1
    return _status_of_group(options, asking) if options.group else 0


class Screen:
    """Shows a line that changes: in its place on a terminal, else as lines, plain or of JSON."""

    def __init__(self, output: TextIO, *, is_terminal: bool, is_json: bool) -> None:
        self._output = output
        self._is_terminal, self._is_json = is_terminal, is_json
        self._width = 0

    def show(self, reading: Reading, line: str) -> None:
        if self._is_json:
            line = json.dumps(asdict(reading))
        start = f"\r{line.ljust(self._width)}" if self._is_terminal else f"{line}\n"
        self._output.write(start)
        self._output.flush()
        self._width = len(line)

    def end(self) -> None:
        if self._is_terminal:
            self._output.write("\n")


class Watcher:
    """Looks again and again until nothing is left; time comes from outside, for tests."""

    def __init__(
        self,
        screen: Screen,
        *,
        every: float,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._screen, self._every = screen, every
        self._now, self._pause = now, pause

    def follow(self, look: Look, *, longest: float | None) -> bool:
        """Returns whether everything is done, False when the longest time (seconds) is over."""
        began, progress = self._now(), Progress()
        try:
            while True:
                reading, at = look(), self._now()
                self._screen.show(reading, progress.line(reading, at))
                if reading.is_done:
                    return True
                if longest is not None and at - began >= longest:
                    return False
                self._pause(self._every)
        finally:
            self._screen.end()


def _looks_at(options: argparse.Namespace, asking: Asking) -> Look:
    if options.group:
        return lambda: _group(asking.ask("jobs", "group", group_id=options.group))
    return lambda: _backlog(_chosen(options, asking))


def _chosen(options: argparse.Namespace, asking: Asking) -> list[Any]:
    items: list[Any] = asking.ask("jobs", "kinds")["items"]
    return [found(items, "kind", options.kind)] if options.kind else items


def _backlog(kinds: Iterable[Any]) -> Reading:
    """What is ready, runs or is blocked; jobs for later are named, but not waited for."""
    kinds = list(kinds)
    return Reading(
        left=sum(kind[state] for kind in kinds for state in WAITING),
        is_counted=all(kind[state] < COUNTED_TO for kind in kinds for state in WAITING),
        told_speed=sum(kind["rate_per_minute"] for kind in kinds) / 60,
        remark="; ".join(_remarks(kinds)),
    )


def _remarks(kinds: list[Any]) -> Iterable[str]:
    waiting = [kind for kind in kinds if any(kind[state] for state in WAITING)]
    if paused := [kind["name"] for kind in waiting if kind["paused_at"]]:
        yield f"paused: {', '.join(paused)}"
    if lonely := [kind["name"] for kind in waiting if kind["ready"] and not kind["nodes"]]:
        yield f"no node runs {', '.join(lonely)}"
    if later := sum(kind["scheduled"] for kind in kinds):
        yield f"{later:,} for later"


def _group(group: Any) -> Reading:
    ended = group["succeeded"] + group["dead"] + group["cancelled"]
    failed = group["dead"] + group["cancelled"]
    return Reading(
        left=group["total"] - ended,
        total=group["total"],
        may_grow=not group["sealed"],
        remark=f"{failed:,} failed" if failed else "",
    )


def _status_of_group(options: argparse.Namespace, asking: Asking) -> int:
    group = asking.ask("jobs", "group", group_id=options.group)
    return 1 if group["dead"] + group["cancelled"] else 0
