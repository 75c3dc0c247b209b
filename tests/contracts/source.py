"""The code of the processes, and the call expressions in it."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("gateway", "services", "console")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A file of code."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def knows(self) -> frozenset[str]:
        """The modules whose functions its own code can mean: itself and what it imports."""
        imports = [each for each in ast.walk(self.tree) if isinstance(each, ast.ImportFrom)]
        named = {f"{each.module}.{name.name}" for each in imports for name in each.names}
        return frozenset({self.module} | named | {str(each.module) for each in imports})

    @cached_property
    def names(self) -> dict[str, Any]:
        """What the file's names mean; imports it."""
        return vars(importlib.import_module(self.module))

    @property
    def principal(self) -> str:
        """Whose process runs it: tasks are run by nodes."""
        folder, *rest = self.path.split("/")
        if folder != "services":
            return folder
        return "node" if rest[1:2] in (["tasks.py"], ["tasks"], ["node"]) else rest[0]


@dataclass(frozen=True)
class Place:
    """A call expression, inside these functions, the innermost last."""

    source: Source
    node: ast.Call
    functions: tuple[Function, ...]

    @property
    def where(self) -> str:
        return f"{self.source.path}:{self.node.lineno}"

    @property
    def called(self) -> str:
        return ast.unparse(self.node.func).rpartition(".")[2]

    @property
    def passes_on(self) -> Function | None:
        """The function whose own first arguments are the service and the request here."""
        asked = [getattr(each, "id", None) for each in self.node.args[:2]]
        for function in self.functions:
            given = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
            if len(asked) == 2 and all(name in given for name in asked):
                return function
        return None


def sources() -> list[Source]:
    files = sorted(file for folder in SOURCES for file in (ROOT / folder).rglob("*.py"))
    return [
        Source(str(file.relative_to(ROOT)), file.read_text())
        for file in files
        if "migrations" not in file.parts and "static" not in file.parts
    ]


def places_in(source: Source, node: ast.AST, inside: tuple[Function, ...]) -> Iterator[Place]:
    if isinstance(node, ast.Call):
        yield Place(source, node, inside)
    if isinstance(node, Function):
        inside = (*inside, node)
    for child in ast.iter_child_nodes(node):
        yield from places_in(source, child, inside)
