"""Every call from one process to a service, found in the source by what it looks like.

A call is `something("billing", "invoice", invoice_id=…)`: a service's name and a request's name are
its first two arguments. Functions that pass both on, such as `access.ask`, are found too, so that
their callers are held to the same whatever they are named.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from marshmallow import Schema

from tests.contracts.source import Place, Source, places_in

# What the bus client, a service and a job offer, and what of it is not for the service asked.
OFFERED = frozenset({"call", "call_once", "begin"})
OF_THE_CLIENT = frozenset({"caller", "deadline", "call_id"})

Asker = tuple[str, str]  # a module, and the name of a function or method in it


class NotUnderstood(Exception):
    """A call whose request cannot be read in the source; the message says what to do."""


@dataclass(frozen=True)
class Call:
    """`service` is None for a call that may go to any; `may` are arguments given at times."""

    where: str
    principal: str
    service: str | None
    method: str
    gives: frozenset[str]
    may: frozenset[str] = frozenset()


def calls_in(found: list[Source], services: frozenset[str]) -> list[Call]:
    """Every call in the sources; raises NotUnderstood for what is too clever to be checked."""
    places = [place for source in found for place in places_in(source, source.tree, ())]
    askers = _askers(places)
    asking = [each for each in places if _asks(each, askers, services) and not each.passes_on]
    return [_read(each) for place in asking for each in _decided(place)]


def _askers(places: list[Place]) -> frozenset[Asker]:
    """All functions that ask: those offered, and those that pass on to one."""
    askers: frozenset[Asker] = frozenset()
    while True:
        passing = {
            (each.source.module, each.passes_on.name)
            for each in places
            if each.passes_on and _is_asker(each, askers)
        }
        if passing <= askers:
            return askers
        askers |= passing


def _is_asker(place: Place, askers: frozenset[Asker]) -> bool:
    if place.called in OFFERED:
        return True
    return any((module, place.called) in askers for module in place.source.knows)


def _asks(place: Place, askers: frozenset[Asker], services: frozenset[str]) -> bool:
    match place.node.args:
        case [ast.Constant(value=str(service)), ast.Constant(value=str(method)), *_]:
            return service in services and method.isidentifier()
        case [_, _, *_]:
            return _is_asker(place, askers)
    return False


def _decided(place: Place) -> Iterator[Place]:
    """The place once for each outcome of what decides in the source which request is asked."""
    meanings = _outcomes(place)
    if not meanings:
        yield place
    for meaning in meanings:
        decide = _Decide(meaning)
        function = decide.visit(copy.deepcopy(place.functions[-1]))
        node = decide.visit(copy.deepcopy(place.node))
        yield from _decided(replace(place, node=node, functions=(*place.functions[:-1], function)))


def _outcomes(place: Place) -> list[dict[str, ast.expr]]:
    """What an expression that names the request can stand for: in each case, text by text.

    Understood are `a if … else b`, and the loop `for service, request in PAIRS_OF_THIS_MODULE`.
    """
    for named in place.node.args[:2]:
        if isinstance(named, ast.IfExp):
            return [{ast.unparse(named.test): ast.Constant(each)} for each in (True, False)]
        if not isinstance(named, ast.Name) or not place.functions:
            continue
        for loop in ast.walk(place.functions[-1]):
            match loop:
                case ast.For(target=ast.Tuple(elts=names), iter=ast.Name(id=listed)) if (
                    named.id in map(ast.unparse, names) and listed in place.source.names
                ):
                    rows = place.source.names[listed]
                    texts = [ast.unparse(name) for name in names]
                    return [dict(zip(texts, map(ast.Constant, row), strict=True)) for row in rows]
    return []


@dataclass
class _Decide(ast.NodeTransformer):
    """Writes what expressions stand for in their place, and the branch of what is thus decided."""

    meaning: dict[str, ast.expr]

    def visit(self, node: ast.AST) -> Any:
        node = super().visit(node)
        if isinstance(node, ast.expr) and (text := ast.unparse(node)) in self.meaning:
            return self.meaning[text]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        decided: ast.expr = self.visit(node.test)
        if isinstance(decided, ast.Constant):
            node = self.visit(node.body if decided.value else node.orelse)
        return node


@dataclass
class _Given:
    """Arguments that are given, and that may be."""

    surely: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)

    def by_shape(self, shape: Schema) -> None:
        """What was read by a shape: its fields, of which the required ones are there."""
        for name, each in shape.load_fields.items():
            (self.surely if each.required else self.perhaps).add(each.data_key or name)


def _read(place: Place) -> Call:
    service, method = place.node.args[:2]
    if not isinstance(method, ast.Constant) or not isinstance(method.value, str):
        raise NotUnderstood(
            f"{place.where}: which request is `{ast.unparse(method)}`? Write its name as text, "
            "loop over a table of this module, or pass service and request on from the arguments "
            "of a function, whose callers name them."
        )
    given = _Given()
    for keyword in place.node.keywords:
        if keyword.arg is None:
            _unpack(place, keyword.value, given)
        elif keyword.arg not in OF_THE_CLIENT:
            given.surely.add(keyword.arg)
    _from_form(place, given)
    return Call(
        where=place.where,
        principal=place.source.principal,
        service=str(service.value) if isinstance(service, ast.Constant) else None,
        method=method.value,
        gives=frozenset(given.surely),
        may=frozenset(given.perhaps),
    )


def _unpack(place: Place, node: ast.expr, given: _Given) -> None:
    """The arguments that `**node` brings."""
    match node:
        case ast.Dict(keys=keys) if all(isinstance(key, ast.Constant) for key in keys):
            given.surely.update(ast.literal_eval(key) for key in keys if key)
        case ast.Name(id=name) if shape := _operation_shape(place, name):
            given.by_shape(shape)
        case ast.Name(id=name) if assigned := _assigned(place, name):
            _unpack(place, assigned, given)
        case ast.Call():
            given.perhaps.update(_answered(place, node))
        case ast.IfExp(body=one, orelse=other):
            for branch in (one, other):
                _unpack(place, branch, either := _Given())
                given.perhaps |= either.surely | either.perhaps
        case _:
            raise NotUnderstood(
                f"{place.where}: what does `**{ast.unparse(node)}` bring? Give it as a dict with "
                "its keys written out, as an operation's body or query, or by calling a function "
                "that needs nothing but the web request."
            )


def _operation_shape(place: Place, name: str) -> Schema | None:
    """The shape of a view's body or query, from `@operations.on(…, takes=…, query=…)`."""
    view = place.functions[-1]
    for decorator in view.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "operations.on":
            shapes = {each.arg: each.value for each in decorator.keywords}
            sent = [shapes[kind] for kind in ("takes", "query") if kind in shapes]
            given = [each.arg for each in view.args.args]
            if name in given[: len(sent)]:
                shape: Schema = _evaluated(place, sent[given.index(name)])
                return shape
    return None


def _from_form(place: Place, given: _Given) -> None:
    """A `Form` sends the fields of its shape by itself, or the argument that it puts them into."""
    match place.node.func:
        case ast.Attribute(value=ast.Name(id=name), attr="send"):
            match _assigned(place, name):
                case ast.Call(func=ast.Name(id="Form"), args=[shape], keywords=further):
                    inside = [each.value for each in further if each.arg == "inside"]
                    if inside:
                        given.surely.add(ast.literal_eval(inside[0]))
                    else:
                        given.by_shape(_evaluated(place, shape))


def _assigned(place: Place, name: str) -> ast.expr | None:
    """What a local name stands for, where it is assigned once."""
    found = [
        each.value
        for each in ast.walk(place.functions[-1])
        if isinstance(each, ast.Assign) and [ast.unparse(to) for to in each.targets] == [name]
    ]
    return found[0] if len(found) == 1 else None


def _answered(place: Place, node: ast.Call) -> set[str]:
    """The keys a function answers with when the web request has every argument it looks for."""
    texts = {each.value: "1" for each in node.args if isinstance(each, ast.Constant)}
    with Flask(__name__).test_request_context(query_string={"cursor": "1", **texts}):
        return set(_evaluated(place, node))


def _evaluated(place: Place, node: ast.expr) -> Any:
    expression = compile(ast.Expression(node), place.where, "eval")
    try:
        return eval(expression, dict(place.source.names))  # noqa: S307 - our own source
    except NameError as error:
        raise NotUnderstood(
            f"{place.where}: `{ast.unparse(node)}` cannot be read ahead of time ({error}); use "
            "what the module itself defines or imports."
        ) from error
