"""Where a `next` parameter may lead: to our own pages and nowhere else (SE-13)."""

import re

# Our own paths are plain: no dots, escapes, backslashes or doubled slashes for a browser to read in
# another way than we do.
_SEGMENT = r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*"
_OWN = re.compile(rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*)?(?:\?[A-Za-z0-9_.~=&+%-]*)?")
LONGEST = 500


def own_path(wanted: str | None, otherwise: str) -> str:
    """`wanted` when it can only be a page of ours, else `otherwise`."""
    if wanted and len(wanted) <= LONGEST and _OWN.fullmatch(wanted):
        return wanted
    return otherwise
