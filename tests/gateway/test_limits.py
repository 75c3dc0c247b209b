"""A body that is too large, broken off or of another kind never reaches a view."""

import json
from typing import Any

import pytest
from flask import Flask
from gunicorn.http.errors import InvalidChunkSize, NoMoreData
from werkzeug.test import create_environ, run_wsgi_app

from tests.gateway.browsing import HOST, Browser
from tests.gateway.recording import RecordingBus

SESSIONS = "/api/v1/sessions"
KB = 1024


class Breaking:
    """A body that breaks off the way gunicorn reports it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, size: int = -1) -> bytes:
        raise self._error

    readline = read

    def readinto(self, _: Any) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("path", "kind"),
    [(SESSIONS, "application/json"), ("/log-in", "application/x-www-form-urlencoded")],
)
def test_more_than_256_kb_is_refused(
    visitor: Browser, bus: RecordingBus, path: str, kind: str
) -> None:
    body = b"x" * (256 * KB + 1)
    answer = visitor.post(
        path, data=body, content_type=kind, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 413
    assert not bus.asked


def test_a_body_without_a_length_is_read_up_to_the_limit(app: Flask, bus: RecordingBus) -> None:
    environ = create_environ(SESSIONS, f"https://{HOST}", method="POST", data=b"x" * 300 * KB)
    del environ["CONTENT_LENGTH"]
    environ.update(CONTENT_TYPE="application/json")
    environ["wsgi.input_terminated"] = True
    _, status, _ = run_wsgi_app(app, environ)
    assert status.startswith("413")
    assert not bus.asked


@pytest.mark.parametrize(
    "error", [InvalidChunkSize(b"zz"), NoMoreData(b""), OSError("reset"), TimeoutError()]
)
def test_a_body_that_breaks_off_is_a_bad_request(app: Flask, error: Exception) -> None:
    environ = create_environ(SESSIONS, f"https://{HOST}", method="POST", data=b"{}")
    del environ["CONTENT_LENGTH"]
    environ.update(CONTENT_TYPE="application/json")
    environ["wsgi.input_terminated"] = True
    environ["wsgi.input"] = Breaking(error)
    body, status, _ = run_wsgi_app(app, environ)
    assert status.startswith("400")
    assert json.loads(b"".join(body))["code"] == "bad_request"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 21 + b"1" + b"}" * 21,
        b"[" * 21 + b"]" * 21,
    ],
)
def test_json_that_is_nested_too_deeply_is_a_bad_request(visitor: Browser, body: bytes) -> None:
    answer = visitor.post(SESSIONS, data=body, content_type="application/json")
    assert answer.status_code == 400


def test_brackets_in_a_text_are_no_nesting(visitor: Browser, bus: RecordingBus) -> None:
    body = {"login": '[[["' * 30, "password": "\\{{{{" * 30}
    answer = visitor.post(SESSIONS, json=body)
    assert answer.status_code == 503
    (asked,) = bus.calls("auth", "log_in")
    assert asked.arguments["login"] == body["login"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (SESSIONS, "text/plain"),
        (SESSIONS, "application/x-www-form-urlencoded"),
        (SESSIONS, "application/jsonp"),
        (SESSIONS, ""),
        ("/log-in", "application/json"),
        ("/log-in", "text/plain"),
    ],
)
def test_a_body_of_another_kind_is_refused(visitor: Browser, path: str, kind: str) -> None:
    answer = visitor.post(
        path, data=b"{}", content_type=kind, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 415
