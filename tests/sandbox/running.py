"""The real process, started on free ports, and the requests that tests make to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]


def environment(**settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "MEMBERHALL_MODE": "sandbox", "MEMBERHALL_LOG_LEVEL": "WARNING", **settings}


@dataclass
class Running:
    """A running sandbox."""

    process: subprocess.Popen[str]
    url: str
    smtp_port: int

    def get(self, path: str, **query: str | int) -> Any:
        return self._asked("GET", path, params=query)

    def post(self, path: str, expect: int | None = None, **body: object) -> Any:
        return self._asked("POST", path, expect, json=body)

    def delete(self, path: str) -> Any:
        return self._asked("DELETE", path)

    def arm(self, fault: str, **more: object) -> None:
        self._asked("POST", "/_sim/faults", json={"fault": fault, **more})

    def settle(self) -> None:
        assert self.post("/_sim/settle", seconds=20) == {"settled": True}

    def advance(self, **step: float) -> None:
        seconds = step.get("seconds", 0) + 86400 * step.get("days", 0)
        answer = self.post("/_sim/clock", advance_seconds=seconds, settle_seconds=20)
        assert answer["settled"] is True

    def approve(self, button: dict[str, object] | None = None, **variables: object) -> Any:
        return self._asked("POST", "/_sim/approve", json=button or subscribe(**variables))

    def postback(self, body: bytes, **headers: str) -> requests.Response:
        return requests.post(
            f"{self.url}/cgi-bin/webscr",
            data=b"cmd=_notify-validate&" + body,
            headers={"User-Agent": "tests", **headers},
            timeout=30,
        )

    def message(self, **wanted: str) -> Any:
        [found] = self.get("/_sim/messages", **wanted)["items"]
        return found

    def stop(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        finally:
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()

    def _asked(self, method: str, path: str, expect: int | None = None, **more: Any) -> Any:
        answer = requests.request(method, self.url + path, timeout=60, **more)
        right = answer.ok if expect is None else answer.status_code == expect
        assert right, f"{answer.status_code}: {answer.text}"
        return answer.json()


def start(**settings: str) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    web, smtp = process.stdout.readline(), process.stdout.readline()
    url = re.fullmatch(r"sandbox web: (http://127\.0\.0\.1:\d+)/\n", web)
    port = re.fullmatch(r"sandbox smtp: smtp://127\.0\.0\.1:(\d+)\n", smtp)
    assert url, web
    assert port, smtp
    return Running(process, url[1], int(port[1]))


def subscribe(**changes: object) -> dict[str, object]:
    """A good Subscribe button: EUR 15 a month; a change to None takes a variable away."""
    button = {
        "cmd": "_xclick-subscriptions",
        "business": "shop@example.com",
        "currency_code": "EUR",
        "item_name": "Gold",
        "a3": "15.00",
        "p3": "1",
        "t3": "M",
        "src": "1",
        "no_note": "1",
        **changes,
    }
    return {name: value for name, value in button.items() if value is not None}


def buy(**changes: object) -> dict[str, object]:
    """A good Buy-now button: EUR 40 once."""
    button = {
        "cmd": "_xclick",
        "business": "shop@example.com",
        "currency_code": "EUR",
        "item_name": "Book",
        "amount": "40.00",
        **changes,
    }
    return {name: value for name, value in button.items() if value is not None}
