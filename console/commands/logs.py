"""`memberhall logs`: what the processes have written."""

import argparse
import time
from collections import deque
from pathlib import Path

from console.home import Home

HELP = "show the last lines of the processes' logs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("process", nargs="*", help="which ones; all where none is named")
    parser.add_argument("--follow", "-f", action="store_true", help="go on as they are written")
    parser.add_argument("--lines", "-n", type=int, default=20, help="how many of each")


def run(options: argparse.Namespace, home: Home) -> int:
    logs = sorted(home.logs.glob("*.log")) if home.logs.exists() else []
    chosen = [log for log in logs if not options.process or log.stem in options.process]
    if not chosen:
        print(f"There are no such logs in {home.logs}.")
        return 1
    read = {log: _show_last(log, options.lines) for log in chosen}
    while options.follow:
        read = {log: _show_from(log, position) for log, position in read.items()}
        time.sleep(0.3)
    return 0


def _show_last(log: Path, count: int) -> int:
    """Print the last lines; returns how far the file has been read, in bytes."""
    with log.open("rb") as file:
        for line in deque(file, maxlen=count):
            _show(log, line)
        return file.tell()


def _show_from(log: Path, position: int) -> int:
    with log.open("rb") as file:
        file.seek(min(position, log.stat().st_size))
        for line in file:
            _show(log, line)
        return file.tell()


def _show(log: Path, line: bytes) -> None:
    print(f"{log.stem:14} {line.decode(errors='replace').rstrip()}", flush=True)
