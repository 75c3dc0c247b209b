"""Files that services hold, as downloads."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from flask import Response

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def document(found: Mapping[str, Any]) -> Response:
    """A download of {name, content_type, content (base64)}; never shown inside a page."""
    name = _UNSAFE.sub("-", found["name"]).strip("-.") or "document"
    return Response(
        base64.b64decode(found["content"]),
        content_type=found["content_type"],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
