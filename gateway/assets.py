"""Addresses of static files; a hash of the content in them lets browsers keep files for long."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, current_app, request, url_for


def address(path: str) -> str:
    """The address of a file below static/, such as "css/theme.css"."""
    return url_for("static", filename=path, v=_version(str(current_app.static_folder), path))


def keep(response: Response) -> None:
    """Let a file be kept for a year where its address names its content; else it is asked about."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


@cache
def _version(folder: str, path: str) -> str:
    file = Path(folder) / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"
