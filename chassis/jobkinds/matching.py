"""Regular expressions for names of nodes, which Python checks and PostgreSQL applies."""

import re
import warnings

MAX_PATTERN = 200  # characters
MAX_REPETITION = 255  # PostgreSQL's

# What the two read differently, or one of them not at all (PostgreSQL's manual, 9.7.3).
_ESCAPED = re.compile(r"\\[^A-Za-z0-9]")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]")
_DIFFERENT = re.compile(r"\(\?(?!:|=|!)|\\[^dswDSW]|[*+?}]\+|\{(?!\d{1,3}(?:,\d{0,3})?\})|\[")
_DIFFERENT_IN_CLASS = re.compile(r"(?!^)\[|\\[DSW]|\\[dsw]-|-\\[dsw]")
_LOOKING_AHEAD = re.compile(r"\(\?[=!]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_REPETITION = re.compile(r"\d+(?=[\d,]*\})")


def pattern_fault(pattern: object) -> str | None:
    """What is wrong with an expression for whole names of nodes; None when it can be used."""
    if not isinstance(pattern, str) or not 1 <= len(pattern) <= MAX_PATTERN:
        return f"must be a regular expression of 1 to {MAX_PATTERN} characters"
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"is no regular expression: {error}"
    if found := _difference(pattern):
        return f"uses {found!r}, which PostgreSQL reads differently"
    return None


def _difference(pattern: str) -> str | None:
    plain = _ESCAPED.sub("x", pattern)
    for each in _CLASS.findall(plain):
        if found := _DIFFERENT_IN_CLASS.search(each):
            return found.group()
    outside = _CLASS.sub("x", plain)
    if found := _DIFFERENT.search(outside):
        return found.group()
    if _LOOKING_AHEAD.search(outside) and (found := _REPEATED_GROUP.search(outside)):
        return found.group()
    for number in _REPETITION.findall(outside):
        if int(number) > MAX_REPETITION:
            return str(number)
    return None
