"""Static files: kept for long under an address that names their content, and sent gzipped."""

import gzip
from pathlib import Path

from flask import Flask

from gateway import assets
from tests.gateway.browsing import Browser

THEME = "css/theme.css"


def address(app: Flask, path: str = THEME) -> str:
    with app.test_request_context():
        return assets.address(path)


def content(app: Flask) -> bytes:
    return (Path(str(app.static_folder)) / THEME).read_bytes()


def test_a_style_sheet_comes_gzipped_to_whoever_takes_it_so(app: Flask, visitor: Browser):
    answer = visitor.get(address(app), headers={"Accept-Encoding": "gzip, br"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == content(app)
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(content(app)) / 3
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_to_all_others_it_comes_as_it_is(app: Flask, visitor: Browser):
    with visitor.get(address(app), headers={"Accept-Encoding": "gzip;q=0"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.data == content(app)
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_who_has_the_gzipped_file_need_not_get_it_again(app: Flask, visitor: Browser):
    first = visitor.get(address(app), headers={"Accept-Encoding": "gzip"})
    known = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}

    with visitor.get(address(app), headers=known) as again:
        assert again.status_code == 304


def test_pages_are_never_squeezed(visitor: Browser):
    answer = visitor.get("/log-in", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
