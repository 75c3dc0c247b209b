"""Addresses of static files; a hash of the content in them lets browsers keep files for long.

Styles and scripts travel gzipped, a quarter of their size. Pages do not: what they hold of a person
beside what an address put into them could be guessed from their length (the attack named BREACH).
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Response, current_app, request, url_for

SQUEEZED = ("text/", "application/javascript", "image/svg+xml")


def address(path: str) -> str:
    """The address of a file below static/, such as "css/theme.css"."""
    return url_for("static", filename=path, v=_version(str(current_app.static_folder), path))


def keep(response: Response) -> None:
    """Let a file be kept for a year where its address names its content; else it is asked about."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        _squeeze(response)


def _squeeze(response: Response) -> None:
    """Send the file gzipped to whoever takes it so."""
    if not (response.mimetype or "").startswith(SQUEEZED):
        return
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip"):
        return
    folder, path = str(current_app.static_folder), str((request.view_args or {})["filename"])
    response.close()  # the file that would have been sent
    response.direct_passthrough = False
    response.set_data(_gzipped(folder, path, _version(folder, path)))
    response.content_encoding = "gzip"
    # Other bytes under the same tag: a weak one says that they mean the same.
    response.set_etag(response.get_etag()[0] or "", weak=True)


@cache
def _version(folder: str, path: str) -> str:
    file = Path(folder) / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"


@cache
def _gzipped(folder: str, path: str, _version: str) -> bytes:
    return gzip.compress((Path(folder) / path).read_bytes(), mtime=0)
