"""An expression for names of nodes means the same to Python, which checks it, and PostgreSQL."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.jobkinds.matching import pattern_fault
from tests.jobs.core import Core

NAMES = [
    "", "a", "b", "ab", "aab", "gpu-1", "a1", "-", ".", "a.b", "]", "{", "1", "aaaa", "a\\", "^",
    "$", "_", " ",
]  # fmt: skip
PIECES = [
    *"ab1-.*+?{}[](),|^$\\:=!05<>#_ ", "\\d", "\\w", "\\s", "\\D", "{2}", "{1,3}", "[a-c]", "[^a]",
    "(?:", "(?=", "(?!", "\\.", "\\-", "gpu", "{300}", "{,5}", "[:alpha:]", "*?", "??", "\\b",
]  # fmt: skip

MATCHED = """SELECT ARRAY(SELECT name ~ ('^(?:' || %s || ')$')
    FROM unnest(%s) WITH ORDINALITY AS t (name, place) ORDER BY place)"""


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_what_is_accepted_matches_alike_in_both(core: Core, pattern: str) -> None:
    if pattern_fault(pattern) is None:
        found = core.value(MATCHED, pattern, NAMES)
        assert found == [bool(re.fullmatch(pattern, name)) for name in NAMES]


@pytest.mark.parametrize(
    "pattern",
    [
        "gpu-.*", r"gpu-\d+", "anna|berta", "(eu|us)-[a-z]+-[0-9]{1,3}", "(?!gpu-).*",
        r"web\.[^.]+", "a{255}", "[^-_]+", r"[\w.]+", "x*?y",
    ],
)  # fmt: skip
def test_what_operators_write_is_accepted(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "gpu-[", "a**", "", "x" * 201, "a{256}", "a{,5}", "a{1", "(?i)a", "(?<=a)b", "(?P<n>a)",
        r"\bgpu", r"(a)\1", "a*+", "[[:alpha:]]", r"[\w-]", r"[\D]", "(?!a)*", "a{99999999999}",
        r"\N{BULLET}",
    ],
)  # fmt: skip
def test_what_one_of_them_reads_differently_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern) is not None
