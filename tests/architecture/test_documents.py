"""What the documents about jobs show and name is what the code takes and has."""

import inspect
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from chassis.jobkinds import Job, kind, kinds_in
from console.main import _parser
from services.jobs.domain.limits import OVERRIDABLE
from tests.architecture.test_repository import CODE
from tests.processes import ROOT

JOBS = (ROOT / "docs" / "jobs.md").read_text()
METRICS = (ROOT / "docs" / "metrics.md").read_text()
DOCUMENTS = (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("services/*/README.md"))
MEASURED = re.compile(r'\b(?:Counter|Gauge|Histogram)\(\s*"(memberhall_\w+)"')


def commands() -> list[str]:
    """Every line with `memberhall jobs …` that a document shows, without its comment."""
    shown = [
        found
        for document in DOCUMENTS
        for found in re.findall(r"(?m)^memberhall (jobs .+)$", document.read_text())
    ]
    return sorted({shlex.join(shlex.split(each, comments=True)) for each in shown})


def options() -> dict[str, str]:
    """The options of a kind that docs/jobs.md lists, with the defaults that it says they have."""
    (table,) = re.findall(r"\| option \| default \| means \|\n(.*?)\n\n", JOBS, re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE))


@pytest.mark.parametrize("command", commands())
def test_a_command_that_is_shown_can_be_typed(command: str):
    _parser("jobs").parse_args(shlex.split(command))


def test_the_example_of_a_kind_can_be_declared():
    (example,) = re.findall(r"```python\n# services/.*?\n(.*?)```", JOBS, re.DOTALL)
    tasks = ModuleType("services.billing.tasks")
    exec(compile(example, "docs/jobs.md", "exec"), vars(tasks))  # noqa: S102 - our own document

    assert list(kinds_in([tasks])) == ["billing.render_statement"]


def test_every_option_of_a_kind_is_explained():
    assert list(options()) == list(inspect.signature(kind).parameters)[1:]


def test_the_defaults_of_a_kind_are_those_of_the_code():
    for name, said in options().items():
        default = inspect.signature(kind).parameters[name].default
        if isinstance(default, int | float | tuple) and default is not None:
            assert eval(said) == default, name  # noqa: S307 - our own document
        elif default is None:
            assert said in ("none", "any", "by pace"), name


def test_what_operators_may_change_is_named():
    (sentence,) = re.findall(r"Operators change (.*?) while everything runs", JOBS, re.DOTALL)

    assert re.findall(r"`(\w+)`", sentence) == list(OVERRIDABLE)


def test_what_a_handler_gets_is_there():
    (table,) = re.findall(r"\| of `job` \| is \|\n(.*?)\n\n", JOBS, re.DOTALL)
    named = {
        name for cell in table.splitlines() for name in re.findall(r"`(\w+)", cell.split("|")[1])
    }

    assert {"args", "fence", "call", "progress", "log"} <= named
    assert {name for name in named if not _is_of_a_job(name)} <= arguments_of_methods()


def arguments_of_methods() -> set[str]:
    """The names of arguments of a job's methods."""
    methods = (Job.call, Job.call_once, Job.progress, Job.log)
    return {name for each in methods for name in inspect.signature(each).parameters}


def _is_of_a_job(name: str) -> bool:
    return name in Job.__dataclass_fields__ or hasattr(Job, name)


def test_every_metric_is_named_and_none_that_is_gone():
    files = [file for folder in CODE if folder != "tests" for file in (ROOT / folder).rglob("*.py")]
    exported = {name for file in files for name in MEASURED.findall(file.read_text())}

    assert exported
    assert set(re.findall(r"`(memberhall_\w+)", METRICS)) == exported


def test_every_metric_is_also_measured():
    files = [file for folder in CODE if folder != "tests" for file in (ROOT / folder).rglob("*.py")]
    texts = {file: file.read_text() for file in files}
    idle = {
        (file.relative_to(ROOT).as_posix(), name)
        for file, text in texts.items()
        for name in re.findall(r"(?m)^(\w+) = (?:Counter|Gauge|Histogram)\(", text)
        if len(re.findall(rf"\b{name}\b", text)) == 1
        if not any(re.search(rf"\bm(?:easures|etrics)\.{name}\b", each) for each in texts.values())
    }

    assert not idle


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_points_to_what_there_is(document: Path):
    targets = re.findall(r"\]\((?!https?:)([^)#]*)", document.read_text())

    assert [each for each in targets if each and not (document.parent / each).exists()] == []
